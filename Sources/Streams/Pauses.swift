public import Marketplace
public import RedisClient

/// The services that an operator has paused: their workers take no new entries.
///
/// Pauses are stored in Redis. They survive restarts of the workers, and are lost if Redis loses its data.
public struct Pauses: Sendable {
    public struct Pause: Sendable, Hashable, Codable {
        /// Milliseconds since 1970, by the clock of the process that set the pause.
        public let sinceMilliseconds: Int64
        public let by: String

        public init(sinceMilliseconds: Int64, by: String) {
            self.sinceMilliseconds = sinceMilliseconds
            self.by = by
        }

        /// Accepts any text: a value that was written by hand pauses the service, too.
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

    /// Pauses a service. Within a second its workers stop taking entries. They finish the entries that they have.
    ///
    /// - Returns: The existing pause if the service was already paused. It stays as it is.
    @discardableResult
    public func pause(_ service: ServiceName, by name: String, at now: Timestamp) async throws -> Pause? {
        let pause = Pause(sinceMilliseconds: now.milliseconds, by: name)
        let set = try await redis.send(RedisCommand("SET", keys.paused(service), pause.text, "NX"))
        return set.isNull ? try await current(service) : nil
    }

    /// Ends a pause, and returns whether the service was paused.
    @discardableResult
    public func resume(_ service: ServiceName) async throws -> Bool {
        try await redis.send(RedisCommand("DEL", keys.paused(service))).int == 1
    }

    /// Returns the pause, or `nil` if the service is not paused.
    public func current(_ service: ServiceName) async throws -> Pause? {
        try await redis.send(RedisCommand("GET", keys.paused(service))).string.map { Pause($0) }
    }
}
