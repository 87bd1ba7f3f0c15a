import Marketplace
import Streams

/// How commands leave this process and replies come back. The real one is ``StreamTransport``.
protocol CommandTransport: Sendable {
    /// Throws a 503 where the service has too much to do.
    func admit(_ service: Service) async throws

    /// Hands the command over. Returns once Redis has it.
    func send(_ command: CommandEnvelope, to service: Service) async throws

    /// Hands the command over, and waits for its reply; nil when none came in time.
    func request(_ command: CommandEnvelope, to service: Service, wait: Duration) async throws -> CommandReply?

    /// The reply that the service has stored, where it has: of a command whose reply was lost on its way.
    func stored(_ id: CommandID, in service: Service) async throws -> StoredReply?

    /// Whether the command may still wait in Redis for any service. Costs much: for those that should be done long ago.
    func mayWait(_ id: CommandID) async throws -> Bool
}

/// What a service answers.
enum CommandReply: Sendable {
    /// The JSON of the command's result.
    case done([UInt8])
    case refused(Refusal)
    /// Put off for too long. Nothing was stored.
    case busy
}

/// A reply as the service keeps it.
struct StoredReply: Sendable {
    /// Nil while it is answered later: the command is taken in, and what it has set going is not over.
    var reply: CommandReply?
    var actor: Actor
    /// Of the request that it answers, where that had an `Idempotency-Key`.
    var fingerprint: String?
}

/// The connection to Redis was lost while a command was on its way: it may have been taken in.
struct DeliveryUnknown: Error {}
