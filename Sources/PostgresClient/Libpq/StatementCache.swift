/// The prepared statements of a connection. The least recently used statements are evicted first.
struct StatementCache {
    /// A statement's identity: its text and parameter types.
    ///
    /// The hash, which reads the whole text, is computed once; a pipeline creates one key for each statement.
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
    /// Differs between connections. An undetected pooler may give this connection the session of a different
    /// connection. The names are unknown in that session, so the statements fail. If the names were the same, the other
    /// connection's statements would be executed instead.
    private let prefix = "s" + String(UInt64.random(in: 0...(.max)), radix: 36) + "_"

    init(limit: Int) {
        self.limit = max(limit, 1)
    }

    /// Marks the statement as used and returns its name on the server. Returns `nil` if it is not prepared.
    mutating func use(_ key: Key) -> String? {
        clock += 1
        entries[key]?.lastUse = clock
        return entries[key]?.name
    }

    /// Returns a name that was never used.
    mutating func newName() -> String {
        clock += 1
        return prefix + String(clock)
    }

    mutating func insert(_ key: Key, name: String) {
        clock += 1
        entries[key] = Entry(name: name, lastUse: clock)
    }

    func columns(of key: Key) -> ColumnLayout? { entries[key]?.columns }

    mutating func setColumns(_ columns: ColumnLayout, of key: Key) { entries[key]?.columns = columns }

    /// Removes a statement whose preparation on the server is no longer valid.
    mutating func remove(_ key: Key) { entries[key] = nil }

    /// Evicts the statements over the limit, and an eighth of the limit in addition, so that evictions are rare.
    ///
    /// Returns their names, which the caller must deallocate on the server.
    mutating func evict() -> [String] {
        guard entries.count > limit else { return [] }
        let kept = limit - limit / 8
        let oldest = entries.sorted { $0.value.lastUse < $1.value.lastUse }.prefix(entries.count - kept)
        for (key, _) in oldest { entries[key] = nil }
        return oldest.map(\.value.name)
    }
}
