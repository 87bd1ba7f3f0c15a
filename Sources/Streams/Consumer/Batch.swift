/// Entries that are handled together.
public struct Batch: Sendable {
    /// The entries: events before commands, and each stream's entries in order.
    public let entries: [StreamEntry]

    /// True if the batch holds one entry. If the batch fails, that entry is at fault.
    public var isAlone: Bool { entries.count == 1 }
}

extension Batch {
    /// True if the batch holds one suspect. Suspects are never batched with other entries.
    var isSuspect: Bool { entries.first?.isSuspect ?? false }

    /// The only entry of the batch, if it may end its process.
    var suspectedKiller: StreamEntry? { isAlone && entries[0].isSuspectedKiller ? entries[0] : nil }

    /// Returns true if the batch contains the other batch's first entry. The batches are then equal, or one is a part
    /// of the other.
    func overlaps(_ other: Batch) -> Bool {
        guard let first = other.entries.first else { return false }
        return entries.contains { $0.streamID == first.streamID && $0.source == first.source }
    }

    /// Returns those of the given ids that the batch contains, by their source.
    func ids(in given: [StreamSource: Set<StreamID>]) -> [StreamSource: Set<StreamID>] {
        let common = entries.filter { given[$0.source]?.contains($0.streamID) == true }
        return Dictionary(grouping: common, by: \.source).mapValues { Set($0.map(\.streamID)) }
    }

    /// Returns the batch without these entries, or `nil` if none is left.
    func without(_ removed: [StreamSource: Set<StreamID>]) -> Batch? {
        let rest = entries.filter { removed[$0.source]?.contains($0.streamID) != true }
        return rest.isEmpty ? nil : Batch(entries: rest)
    }
}
