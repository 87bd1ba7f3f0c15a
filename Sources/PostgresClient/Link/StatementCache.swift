/// Which statements a connection has prepared, the least recently used given up first.
struct StatementCache {
    /// A statement by its text. Made once for each flight: its hash, which reads all of the text, is kept.
    struct Key: Hashable {
        let text: String
        let types: [UInt32]
        private let digest: Int

        init(_ statement: SQL) {
            text = statement.text
            types = statement.parameters.types
            var hasher = Hasher()
            hasher.combine(text)
            hasher.combine(types)
            digest = hasher.finalize()
        }

        func hash(into hasher: inout Hasher) { hasher.combine(digest) }
    }

    struct Entry {
        let name: String
        var lastUse: UInt64
        var columns: ColumnLayout?
    }

    private var entries: [Key: Entry] = [:]
    private var clock: UInt64 = 0
    private let limit: Int

    init(limit: Int) {
        self.limit = max(limit, 1)
    }

    /// The statement's name on the server, if it is prepared.
    mutating func use(_ key: Key) -> String? {
        clock += 1
        entries[key]?.lastUse = clock
        return entries[key]?.name
    }

    /// A name that was never used.
    mutating func newName() -> String {
        clock += 1
        return "s\(clock)"
    }

    mutating func insert(_ key: Key, name: String) {
        clock += 1
        entries[key] = Entry(name: name, lastUse: clock)
    }

    func columns(of key: Key) -> ColumnLayout? { entries[key]?.columns }

    mutating func keep(_ columns: ColumnLayout, of key: Key) { entries[key]?.columns = columns }

    /// Forgets one whose preparation on the server is void.
    mutating func forget(_ key: Key) { entries[key] = nil }

    /// Forgets what is over the limit and, so that it need not be done soon again, an eighth of the limit more. The
    /// names are to be deallocated.
    mutating func evict() -> [String] {
        guard entries.count > limit else { return [] }
        let kept = limit - limit / 8
        let oldest = entries.sorted { $0.value.lastUse < $1.value.lastUse }.prefix(entries.count - kept)
        for (key, _) in oldest { entries[key] = nil }
        return oldest.map(\.value.name)
    }
}
