import Marketplace
import Streams

/// Sends commands and receives replies. ``StreamTransport`` is the implementation.
protocol CommandTransport: Sendable {
    /// - Throws: ``Problem`` (503) if the service's backlog is too long, or if its events are not published.
    func admit(_ service: ServiceName) async throws

    /// Enqueues the command. Returns when Redis has stored it.
    func send(_ command: CommandEnvelope, to service: ServiceName) async throws

    /// Enqueues the command and waits for its reply. Returns `nil` if none arrives in time.
    func request(_ command: CommandEnvelope, to service: ServiceName, wait: Duration) async throws -> CommandReply?

    /// Returns the reply in the service's inbox, or `nil` if the inbox does not contain the command.
    func storedReply(to id: CommandID, in service: ServiceName) async throws -> StoredReply?

    /// Returns true if the command may still be in Redis, or is an archived dead letter. Searches all services, which
    /// is expensive: use it only for commands that should have finished long ago.
    func mayBeUnfinished(_ id: CommandID) async throws -> Bool
}

/// The reply of a service to a command.
enum CommandReply: Sendable {
    /// The JSON of the command's result.
    case done([UInt8], isReplay: Bool = false)
    case refused(Refusal, isReplay: Bool = false)
    /// The command was deferred for too long. Nothing was stored.
    case busy
}

/// A reply in a service's inbox.
struct StoredReply: Sendable {
    /// `nil` if the command is committed, but its reply is not known yet.
    var reply: CommandReply?
    var actor: Actor
    /// The fingerprint of the request, if it had an `Idempotency-Key`.
    var fingerprint: String?
}

/// The connection to Redis was lost while a command was being sent. Redis may have stored the command.
struct DeliveryUnknown: Error {}
