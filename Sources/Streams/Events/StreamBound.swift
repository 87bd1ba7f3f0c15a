/// Maximum size of an event stream. Beyond it, an append trims the oldest entries. The outbox still has them.
public struct StreamBound: Sendable, Hashable {
    public var entries: Int
    /// The memory of the stream, as estimated by Redis.
    public var bytes: Int

    public init(entries: Int = 100_000, bytes: Int = 64 << 20) {
        self.entries = entries
        self.bytes = bytes
    }
}
