/// Entries to be handled together.
public struct Batch: Sendable {
    /// Events before commands, each stream's in order.
    public let entries: [StreamEntry]

    /// Whether what goes wrong can only be this one entry's fault.
    public var isAlone: Bool { entries.count == 1 }
}
