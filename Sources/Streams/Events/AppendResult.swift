/// What became of an append.
public enum AppendResult: Sendable, Hashable {
    /// The first `count` of the entries are in, all of them unless the bound was reached.
    case appended(count: Int, last: StreamID)
    /// Nothing was appended: the stream's last id is another than was expected. Another relay was here, or Redis lost
    /// its data.
    case behind(actualLast: StreamID)
    /// Nothing was appended: the stream is as large as it may be.
    case full(length: Int)
}
