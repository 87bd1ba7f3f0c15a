public import Marketplace
public import RedisClient

/// Puts commands into the services' inboxes.
public struct CommandProducer: Sendable {
    private let redis: RedisClient
    private let keys: Keys

    public init(redis: RedisClient, keys: Keys) {
        self.redis = redis
        self.keys = keys
    }

    /// Adds the command. An error whose `delivery` is `.maybeSent` leaves open whether it is there: asking again with
    /// the same id is safe, since a command takes effect once.
    ///
    /// Throws `EnvelopeError` for an envelope that its reader would refuse, else `RedisError`.
    @discardableResult
    public func enqueue(_ command: CommandEnvelope, to service: Service) async throws -> StreamID {
        try command.check()
        var add = RedisCommand("XADD", keys.commands(service), "*")
        command.append(to: &add)
        guard let id = try await redis.send(add).string.flatMap({ StreamID($0) }) else {
            throw UnexpectedReply(work: "XADD")
        }
        return id
    }
}
