import FoundationEssentials
public import Marketplace
public import RedisClient

/// Looks for a command wherever it may still wait: in its service's inbox, among what is put off, among the dead
/// letters. The looking is done in Redis, a page at a time, so that it holds up nobody and carries no bodies.
public struct CommandSearch: Sendable {
    private let redis: RedisClient
    private let keys: Keys
    private let limit: Int
    private let page: Int

    /// - Parameter limit: how many entries of each key are looked at.
    public init(redis: RedisClient, keys: Keys, limit: Int = 20_000, page: Int = 500) {
        self.redis = redis
        self.keys = keys
        self.limit = limit
        self.page = page
    }

    /// For clocks that differ: a UUIDv7 has its maker's, an entry has Redis's.
    private static let slack: UInt64 = 120_000

    /// Whether the command waits for the service, or there is more than can be looked through.
    public func mayWait(_ id: CommandID, for service: Service) async throws -> Bool {
        // Entries move meanwhile: between inbox and later either way, and from the inbox to the dead letters. One that
        // moves once is met on its old place or its new one.
        if try await isPutOff(id, service) { return true }
        if try await stands(id, in: keys.commands(service)) { return true }
        if try await isPutOff(id, service) { return true }
        return try await stands(id, in: keys.dead(service))
    }

    private func stands(_ id: CommandID, in stream: String) async throws -> Bool {
        // What was made at a time entered after it, whenever it moved.
        var start = StreamID(milliseconds: id.madeAt.map { $0 - min($0, Self.slack) } ?? 0).description
        return try await pages { count in
            let reply = try await redis.evaluate(
                Self.lookInStream, keys: [stream], arguments: [start, count, id.description])
            guard let parts = reply.array, parts.count == 3, let next = parts[2].string else {
                throw UnexpectedReply(work: "looking for a command")
            }
            start = "(\(next)"
            return parts
        }
    }

    private func isPutOff(_ id: CommandID, _ service: Service) async throws -> Bool {
        // From the end: what comes due leaves at the front, and so makes none be passed over.
        var start = 0
        return try await pages { count in
            let reply = try await redis.evaluate(
                Self.lookInLater, keys: [keys.later(service)],
                arguments: [start, start + count - 1, "\"id\",\"\(id)\""])
            guard let parts = reply.array, parts.count == 2 else {
                throw UnexpectedReply(work: "looking for a command")
            }
            start += count
            return parts
        }
    }

    /// Turns pages until one has it (true), one is not full (false), or enough were looked at (true).
    /// - Parameter look: at that many entries; answers whether it is there, and how many there were.
    private func pages(_ look: (Int) async throws -> [RedisValue]) async throws -> Bool {
        for start in stride(from: 0, to: limit, by: page) {
            let count = min(page, limit - start)
            let parts = try await look(count)
            guard let found = parts[0].int, let seen = parts[1].int else {
                throw UnexpectedReply(work: "looking for a command")
            }
            if found == 1 { return true }
            if seen < count { return false }
        }
        return true
    }

    /// Answers 1 if it is there, how many entries were looked at, and the last one's id.
    ///
    /// KEYS: stream. ARGV: start, limit, command id.
    private static let lookInStream = RedisScript(
        """
        local entries = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])
        for _, entry in ipairs(entries) do
            for i = 1, #entry[2], 2 do
                if entry[2][i] == 'id' and entry[2][i + 1] == ARGV[3] then return {1, #entries, entry[1]} end
            end
        end
        return {0, #entries, #entries > 0 and entries[#entries][1] or '0-0'}
        """)

    /// Answers 1 if it is there, and how many entries were looked at.
    ///
    /// KEYS: later. ARGV: first and last rank from the end, the name and value as they stand in the JSON.
    private static let lookInLater = RedisScript(
        """
        local members = redis.call('ZREVRANGE', KEYS[1], ARGV[1], ARGV[2])
        for _, member in ipairs(members) do
            if string.find(member, ARGV[3], 1, true) then return {1, #members} end
        end
        return {0, #members}
        """)
}

extension CommandID {
    /// When it was made, in ms since 1970, where it is a UUIDv7: no other tells.
    fileprivate var madeAt: UInt64? {
        let bytes = uuid.uuid
        guard bytes.6 >> 4 == 7 else { return nil }
        return [bytes.0, bytes.1, bytes.2, bytes.3, bytes.4, bytes.5].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
