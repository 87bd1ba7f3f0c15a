public import Marketplace
public import RedisClient

/// Adds commands to the services' command streams, with codes that prove that they come from a process with the signing
/// secret.
public struct CommandProducer: Sendable {
    private let redis: RedisClient
    private let keys: Keys
    private let authenticator: CommandAuthenticator

    public init(redis: RedisClient, keys: Keys, authenticator: CommandAuthenticator) {
        self.redis = redis
        self.keys = keys
        self.authenticator = authenticator
    }

    /// Adds the command to the service's command stream, and returns the entry's id.
    ///
    /// After an error whose `delivery` is `.maybeSent`, the command may have been added. Sending it again with the same
    /// id is safe, because a command takes effect once.
    ///
    /// - Throws: `EnvelopeError` for an envelope that its reader would refuse; otherwise `RedisError`.
    @discardableResult
    public nonisolated(nonsending) func enqueue(
        _ command: CommandEnvelope, to service: ServiceName
    ) async throws -> StreamID {
        try command.check()
        var command = command
        command.mac = authenticator.code(of: command, to: service)
        var add = RedisCommand("XADD", keys.commands(service), "*")
        command.append(to: &add)
        guard let id = try await redis.send(add).string.flatMap({ StreamID($0) }) else {
            throw UnexpectedReply(work: "XADD")
        }
        return id
    }
}
