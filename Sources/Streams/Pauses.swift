public import Marketplace
public import RedisClient

/// Pools that an operator has told to take nothing new. It lives in Redis: it survives restarts of the workers, and a
/// Redis that loses its data has nothing paused.
public struct Pauses: Sendable {
    public struct Pause: Sendable, Hashable, Codable {
        /// Since 1970, by the clock of whoever paused it.
        public let sinceMilliseconds: Int64
        public let by: String

        public init(sinceMilliseconds: Int64, by: String) {
            self.sinceMilliseconds = sinceMilliseconds
            self.by = by
        }

        /// What somebody wrote by hand pauses as well.
        init(_ text: String) {
            let words = text.split(separator: " ", maxSplits: 1)
            let since = words.first.flatMap { Int64($0) }
            sinceMilliseconds = since ?? 0
            by = since == nil ? text : words.dropFirst().first.map(String.init) ?? ""
        }

        var text: String { "\(sinceMilliseconds) \(by)" }
    }

    private let redis: RedisClient
    private let keys: Keys

    public init(redis: RedisClient, keys: Keys) {
        self.redis = redis
        self.keys = keys
    }

    /// Pauses a pool: its workers finish what they have been given and read nothing more, from a second later at most.
    /// - Returns: the pause that was there already, which stays.
    @discardableResult
    public func pause(_ service: Service, by who: String, at now: Timestamp) async throws -> Pause? {
        let pause = Pause(sinceMilliseconds: now.milliseconds, by: who)
        let set = try await redis.send(RedisCommand("SET", keys.paused(service), pause.text, "NX"))
        return set.isNull ? try await current(service) : nil
    }

    /// - Returns: whether it was paused.
    @discardableResult
    public func resume(_ service: Service) async throws -> Bool {
        try await redis.send(RedisCommand("DEL", keys.paused(service))).int == 1
    }

    /// Nil of a pool that works.
    public func current(_ service: Service) async throws -> Pause? {
        try await redis.send(RedisCommand("GET", keys.paused(service))).string.map { Pause($0) }
    }
}
