public import Marketplace
public import RedisClient

/// The services whose events are not published until an operator acts. The API reports the reason, and accepts no
/// commands for these services.
public struct PublishingStops: Sendable {
    private let redis: RedisClient
    private let keys: Keys

    /// Longer than the time between two tries of a relay.
    private static let expiryMilliseconds = 20_000

    public init(redis: RedisClient, keys: Keys) {
        self.redis = redis
        self.keys = keys
    }

    /// Stores the reason, which expires after some seconds.
    public func report(_ service: ServiceName, reason: String) async throws {
        _ = try await redis.send(
            RedisCommand("SET", keys.publishingStop(service), reason, "PX", Self.expiryMilliseconds))
    }

    /// Returns the reason for each service whose events are not published.
    public func reasons(of services: [ServiceName], timeout: Duration? = nil) async throws -> [ServiceName: String] {
        let replies = try await redis.pipeline(
            services.map { RedisCommand("GET", keys.publishingStop($0)) }, timeout: timeout)
        return zip(services, replies).reduce(into: [:]) { $0[$1.0] = $1.1.string }
    }
}
