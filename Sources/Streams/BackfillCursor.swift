public import Marketplace
public import RedisClient

/// The last fact that a backfill has delivered to a follower, so that an interrupted backfill can continue.
public struct BackfillCursor: Sendable {
    private let key: String
    private let follower: ServiceName
    private let redis: RedisClient

    public init(of service: ServiceName, to follower: ServiceName, redis: RedisClient, keys: Keys) {
        key = keys.backfills(ofEvents: service)
        self.follower = follower
        self.redis = redis
    }

    public func load() async throws -> CommandID? {
        try await redis.send(RedisCommand("HGET", key, follower.rawValue)).string.flatMap { CommandID($0) }
    }

    public func store(_ fact: CommandID) async throws {
        _ = try await redis.send(RedisCommand("HSET", key, follower.rawValue, fact.description))
    }

    public func clear() async throws {
        _ = try await redis.send(RedisCommand("HDEL", key, follower.rawValue))
    }
}
