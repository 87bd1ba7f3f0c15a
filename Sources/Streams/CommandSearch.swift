import FoundationEssentials
public import Marketplace
public import RedisClient

/// Searches for a command wherever it may still wait: in its service's command stream, among the deferred entries, and
/// among the dead letters.
///
/// Scripts in Redis search one page at a time, so that they do not delay other clients and no bodies are sent.
public struct CommandSearch: Sendable {
    private let redis: RedisClient
    private let keys: Keys
    private let limit: Int
    private let pageSize: Int

    /// - Parameters:
    ///   - limit: Maximum number of entries of each key to search.
    ///   - pageSize: Maximum number of entries that one call searches.
    public init(redis: RedisClient, keys: Keys, limit: Int = 20_000, pageSize: Int = 500) {
        self.redis = redis
        self.keys = keys
        self.limit = limit
        self.pageSize = pageSize
    }

    /// Maximum difference in ms between the time in a UUIDv7, by its creator's clock, and the time in an entry's id, by
    /// Redis's clock.
    private static let maxClockSkew: UInt64 = 120_000

    /// Returns true if the command waits for the service, or if the search of a key has reached `limit` entries.
    public func mayWait(_ id: CommandID, for service: ServiceName) async throws -> Bool {
        // Entries move during the search: from the command stream to the deferred entries and back, and to the dead
        // letters. In this order, an entry that moves once is found at its old place or at its new one.
        if try await isDeferred(id, service) { return true }
        if try await contains(id, stream: keys.commands(service)) { return true }
        if try await isDeferred(id, service) { return true }
        return try await contains(id, stream: keys.deadLetters(service))
    }

    private func contains(_ id: CommandID, stream: String) async throws -> Bool {
        // An entry's id is later than the creation of its command, even after the entry has moved.
        var start = StreamID(milliseconds: id.creationTime.map { $0 - min($0, Self.maxClockSkew) } ?? 0).description
        return try await searchPages { count in
            let reply = try await redis.evaluate(
                Self.findInStream, keys: [stream], arguments: [start, count, id.description])
            guard let parts = reply.array, parts.count == 3, let next = parts[2].string else { throw Self.unexpected }
            start = "(\(next)"
            return parts
        }
    }

    private func isDeferred(_ id: CommandID, _ service: ServiceName) async throws -> Bool {
        // The search starts at the end: due entries leave at the front, so no entry moves to a page that was searched
        // already.
        var start = 0
        return try await searchPages { count in
            let reply = try await redis.evaluate(
                Self.findInDeferred, keys: [keys.deferred(service)],
                arguments: [start, start + count - 1, "\"id\",\"\(id)\""])
            guard let parts = reply.array, parts.count == 2 else { throw Self.unexpected }
            start += count
            return parts
        }
    }

    /// Searches page by page. Returns true if a page contains the command or the limit is reached; false after a page
    /// that is not full.
    ///
    /// - Parameter search: Searches the given number of entries. The first result is 1 if they contain the command, and
    ///   the second is the number of entries searched.
    private func searchPages(_ search: (Int) async throws -> [RedisValue]) async throws -> Bool {
        for start in stride(from: 0, to: limit, by: pageSize) {
            let size = min(pageSize, limit - start)
            let parts = try await search(size)
            guard let found = parts[0].int, let count = parts[1].int else { throw Self.unexpected }
            if found == 1 { return true }
            if count < size { return false }
        }
        return true
    }

    private static let unexpected = UnexpectedReply(work: "searching for a command")

    /// Returns 1 if the entries contain the command (otherwise 0), the number of entries searched, and the last id.
    ///
    /// KEYS: stream. ARGV: start, limit, command id.
    private static let findInStream = RedisScript(
        """
        local entries = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])
        for _, entry in ipairs(entries) do
            for i = 1, #entry[2], 2 do
                if entry[2][i] == 'id' and entry[2][i + 1] == ARGV[3] then return {1, #entries, entry[1]} end
            end
        end
        return {0, #entries, #entries > 0 and entries[#entries][1] or '0-0'}
        """)

    /// Returns 1 if the entries contain the command (otherwise 0), and the number of entries searched.
    ///
    /// KEYS: deferred. ARGV: first and last rank from the end, the JSON of the field's name and value.
    private static let findInDeferred = RedisScript(
        """
        local members = redis.call('ZREVRANGE', KEYS[1], ARGV[1], ARGV[2])
        for _, member in ipairs(members) do
            if string.find(member, ARGV[3], 1, true) then return {1, #members} end
        end
        return {0, #members}
        """)
}

extension CommandID {
    /// The creation time in ms since 1970. Only a UUIDv7 has one.
    fileprivate var creationTime: UInt64? {
        let bytes = uuid.uuid
        guard bytes.6 >> 4 == 7 else { return nil }
        return [bytes.0, bytes.1, bytes.2, bytes.3, bytes.4, bytes.5].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
