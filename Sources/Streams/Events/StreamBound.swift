/// How large an event stream may grow; what is beyond waits in the outbox.
public struct StreamBound: Sendable, Hashable {
    public var entries: Int
    /// As Redis estimates it.
    public var bytes: Int

    public init(entries: Int = 100_000, bytes: Int = 64 << 20) {
        self.entries = entries
        self.bytes = bytes
    }
}
