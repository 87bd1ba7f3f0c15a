public import Marketplace
public import RedisClient

/// The entries that a service has given up on.
public struct DeadLetters: Sendable {
    public struct Letter: Sendable, Hashable {
        public let id: StreamID
        /// All of the entry's own fields, and `failures`, `history`, `origin` (its first place) and `error`.
        public let fields: StreamFields
    }

    public let service: Service
    private let redis: RedisClient
    private let keys: Keys

    public init(service: Service, redis: RedisClient, keys: Keys) {
        self.service = service
        self.redis = redis
        self.keys = keys
    }

    public func count() async throws -> Int {
        Int(try await redis.send(RedisCommand("XLEN", keys.dead(service))).int ?? 0)
    }

    /// The oldest first, those after `position`.
    public func list(after position: StreamID = .zero, limit: Int = 100) async throws -> [Letter] {
        let reply = try await redis.send(
            RedisCommand("XRANGE", keys.dead(service), "(\(position)", "+", "COUNT", limit))
        return try StreamReply.range(reply, "XRANGE").map { Letter(id: $0.id, fields: $0.fields) }
    }

    /// The letter of that id; nil when there is none.
    public func find(_ id: StreamID) async throws -> Letter? {
        let reply = try await redis.send(RedisCommand("XRANGE", keys.dead(service), id.description, id.description))
        return try StreamReply.range(reply, "XRANGE").first.map { Letter(id: $0.id, fields: $0.fields) }
    }

    /// The id of the newest letter; nil when there is none.
    public func newest() async throws -> StreamID? {
        let reply = try await redis.send(RedisCommand("XREVRANGE", keys.dead(service), "+", "-", "COUNT", 1))
        return try StreamReply.range(reply, "XREVRANGE").first?.id
    }

    /// Moves one back to the service's inbox with the same command or event id; its new stream id, or nil when there is
    /// none of that id.
    /// - Parameter body: mended JSON, in place of the one that failed.
    public func retry(_ id: StreamID, body: [UInt8]? = nil) async throws -> StreamID? {
        let reply = try await redis.evaluate(
            Scripts.retryDead, keys: [keys.dead(service), keys.commands(service)],
            arguments: [id.description, body == nil ? "" : "body", body ?? []])
        return reply.string.flatMap { StreamID($0) }
    }

    /// Forgets one; whether it was there.
    public func remove(_ id: StreamID) async throws -> Bool {
        try await redis.send(RedisCommand("XDEL", keys.dead(service), id.description)).int == 1
    }
}
