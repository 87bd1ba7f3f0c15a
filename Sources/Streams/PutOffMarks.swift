public import Marketplace
public import RedisClient

/// The marks by which a follower's put-off events hold their source's low-water mark, and whether what they stand for is
/// still there.
public struct PutOffMarks: Sendable {
    public let follower: Service
    public let source: Service
    private let redis: RedisClient
    private let keys: Keys

    public init(of follower: Service, from source: Service, redis: RedisClient, keys: Keys) {
        self.follower = follower
        self.source = source
        self.redis = redis
        self.keys = keys
    }

    /// The ids of marks whose event is neither put off nor in the follower's inbox: nobody will settle them, and the
    /// source's outbox can't be let go of. What moves meanwhile is seen: an entry is added before it is taken away, and
    /// the marks are read first.
    public func withoutEvent(limit: Int = 1000) async throws -> [StreamID] {
        let reply = try await redis.send(
            RedisCommand("ZRANGE", keys.later(follower, from: source), 0, limit - 1))
        let marks = (reply.array ?? []).compactMap { $0.string.flatMap { StreamID($0) } }
        guard !marks.isEmpty else { return [] }
        let found = try await redis.evaluate(
            Self.origins, keys: [keys.later(follower), keys.commands(follower)],
            arguments: ["events:\(source.rawValue):"])
        let held = Set((found.array ?? []).compactMap { $0.string.flatMap { StreamID($0) } })
        return marks.filter { !held.contains($0) }
    }

    public func release(_ id: StreamID) async throws {
        _ = try await redis.send(RedisCommand("ZREM", keys.later(follower, from: source), id.description))
    }

    /// Answers the ids of the source's events among what is put off and in the inbox.
    ///
    /// KEYS: later, commands. ARGV: how their origin begins.
    private static let origins = RedisScript(
        """
        local found, length = {}, #ARGV[1]
        local function note(fields)
            for i = 1, #fields - 1, 2 do
                if fields[i] == 'origin' and string.sub(fields[i + 1], 1, length) == ARGV[1] then
                    found[#found + 1] = string.sub(fields[i + 1], length + 1)
                end
            end
        end
        for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
            local readable, fields = pcall(cjson.decode, member)
            if readable and type(fields) == 'table' then note(fields) end
        end
        for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', '+')) do note(entry[2]) end
        return found
        """)
}
