public import Marketplace
public import RedisClient

/// Brings events to one follower by its own inbox, as they come back after they were put off: for what its group has
/// read once, or what its owner's stream no longer holds.
public struct Redelivery: Sendable {
    /// What may stand in the inbox before more is brought: far from where the API sheds.
    public static let room = 1000

    private let redis: RedisClient
    private let keys: Keys

    public init(redis: RedisClient, keys: Keys) {
        self.redis = redis
        self.keys = keys
    }

    /// Adds the events to the follower's inbox, in their order.
    /// - Parameter events: with the numbers of their outbox rows; 0 of one that never was in the outbox.
    public func deliver(
        _ events: [(number: UInt64, event: EventEnvelope)], of source: Service, to follower: Service
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

    /// How many entries the follower's inbox holds.
    public func backlog(of follower: Service) async throws -> Int {
        Int(try await redis.send(RedisCommand("XLEN", keys.commands(follower))).int ?? 0)
    }
}
