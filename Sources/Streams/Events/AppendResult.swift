/// The result of an append.
public enum AppendResult: Sendable, Hashable {
    /// The first `count` entries were appended: all of them, unless the bound of the stream is smaller.
    case appended(count: Int, last: StreamID)
    /// Nothing was appended, because the stream's last id differs from the expected one. Another relay has appended, or
    /// Redis has lost its data.
    case behind(actualLast: StreamID)
}
