public import Marketplace
public import RedisClient

/// Delivers events to one follower again, through its command stream, in the same way as deferred events.
///
/// This reaches events that the follower's group has read before or that the event stream no longer has.
public struct Redelivery: Sendable {
    /// Maximum backlog at which more events are delivered, far below the backlog at which the API sheds requests.
    public static let room = 1000

    private let redis: RedisClient
    private let keys: Keys

    public init(redis: RedisClient, keys: Keys) {
        self.redis = redis
        self.keys = keys
    }

    /// Adds the events to the follower's command stream, in order.
    ///
    /// - Parameter events: The events with the numbers of their outbox rows; 0 for an event that the outbox never had.
    public func deliver(
        _ events: [(number: UInt64, event: EventEnvelope)], of source: ServiceName, to follower: ServiceName
    ) async throws {
        let commands = events.map { number, event in
            var add = RedisCommand("XADD", keys.commands(follower), "*")
            event.append(to: &add)
            let origin = StreamEntry.Origin(source: .events(source), id: StreamID(outbox: number))
            add.append(contentsOf: ["origin", origin.description])
            return add
        }
        for reply in try await redis.pipeline(commands) {
            if let error = reply.error { throw RedisError.server(error, during: "XADD") }
        }
    }

    /// Returns the number of entries in the follower's command stream.
    public func backlog(of follower: ServiceName) async throws -> Int {
        Int(try await redis.send(RedisCommand("XLEN", keys.commands(follower))).int ?? 0)
    }
}
