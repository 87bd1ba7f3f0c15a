public import Marketplace
public import RedisClient

/// The marks of a follower's deferred events. Each mark holds back the low-water mark of the event's source.
public struct DeferredMarks: Sendable {
    public let follower: ServiceName
    public let source: ServiceName
    private let redis: RedisClient
    private let keys: Keys

    public init(of follower: ServiceName, from source: ServiceName, redis: RedisClient, keys: Keys) {
        self.follower = follower
        self.source = source
        self.redis = redis
        self.keys = keys
    }

    /// Returns the marks whose event is neither deferred nor in the follower's command stream. No worker will settle
    /// such an event, so its mark holds back the source's outbox permanently.
    ///
    /// An event that moves during the search is still found: it is added to its new place before it is removed from the
    /// old place, and the marks are read first.
    public func withoutEvent(limit: Int = 1000) async throws -> [StreamID] {
        let reply = try await redis.send(
            RedisCommand("ZRANGE", keys.deferred(follower, from: source), 0, limit - 1))
        let marks = (reply.array ?? []).compactMap { $0.string.flatMap { StreamID($0) } }
        guard !marks.isEmpty else { return [] }
        let found = try await redis.evaluate(
            Self.origins, keys: [keys.deferred(follower), keys.commands(follower)],
            arguments: ["events:\(source.rawValue):"])
        let held = Set((found.array ?? []).compactMap { $0.string.flatMap { StreamID($0) } })
        return marks.filter { !held.contains($0) }
    }

    /// Removes a mark.
    public func release(_ id: StreamID) async throws {
        _ = try await redis.send(RedisCommand("ZREM", keys.deferred(follower, from: source), id.description))
    }

    /// Returns the ids of the source's events among the deferred entries and in the command stream.
    ///
    /// KEYS: deferred, commands. ARGV: the start of their origin.
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
