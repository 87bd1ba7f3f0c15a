import JSONCoding
import Marketplace
import PostgresClient
import RedisClient
import Services
import Storage
import Streams

/// Sends commands to the services' command streams, receives replies from this process's reply stream, and reads the
/// services' inboxes.
struct StreamTransport: CommandTransport {
    let clients: PerEventLoop<RedisClient>
    let keys: Keys
    let replies: ReplyStream
    let backlog: Backlog
    let search: CommandSearch
    let pools: [ServiceName: PostgresPool]
    let authenticator: CommandAuthenticator

    private var producer: CommandProducer {
        CommandProducer(redis: clients.current, keys: keys, authenticator: authenticator)
    }

    func admit(_ service: ServiceName) async throws {
        switch try await backlog.admit(service) {
        case .admitted: return
        case .shed(let retryAfter):
            throw Problem.unavailable(
                "the service has too many requests at the moment: try again",
                retryAfter: max(1, Int(retryAfter.components.seconds)))
        }
    }

    func send(_ command: CommandEnvelope, to service: ServiceName) async throws {
        do {
            try await producer.enqueue(command, to: service)
        } catch let error as RedisError where Self.mayHaveArrived(error) {
            throw DeliveryUnknown()
        }
    }

    func request(_ command: CommandEnvelope, to service: ServiceName, wait: Duration) async throws -> CommandReply? {
        let deadline = ContinuousClock.now + wait
        let expected: ExpectedReply
        do {
            expected = try replies.expect(command.id)
        } catch {
            throw Problem.unavailable("too many requests are waiting at the moment: try again")
        }
        var command = command
        command.reply = expected.address.description
        do {
            try await producer.enqueue(command, to: service)
        } catch let error as RedisError where Self.mayHaveArrived(error) {
            // A reply proves that the command arrived.
            if let reply = await expected.wait(until: deadline) { return try CommandReply(reply) }
            throw DeliveryUnknown()
        }
        return try await expected.wait(until: deadline).map(CommandReply.init)
    }

    func storedReply(to id: CommandID, in service: ServiceName) async throws -> StoredReply? {
        guard let pool = pools[service],
            let prior = try await Inbox(service: service).lookup(id.uuid, on: pool)
        else { return nil }
        let reply: CommandReply? =
            switch prior.outcome {
            case nil: nil
            case .done: .done(prior.reply ?? Array("{}".utf8), isReplay: true)
            case .refused: .refused(try CommandReply.refusal(prior.reply ?? []), isReplay: true)
            }
        return StoredReply(
            reply: reply, actor: prior.actor.flatMap(Actor.init(text:)) ?? .nobody,
            fingerprint: prior.fingerprint.map { String(decoding: $0, as: UTF8.self) })
    }

    func mayBeUnfinished(_ id: CommandID) async throws -> Bool {
        for service in ServiceRegistry.topology.withSchema {
            if try await search.mayWait(id, for: service) { return true }
            guard let pool = pools[service] else { continue }
            if try await DeadLetterArchive(service: service).contains(message: id.uuid, on: pool) { return true }
        }
        return false
    }

    /// Returns true if it is unknown whether Redis executed the command.
    private static func mayHaveArrived(_ error: RedisError) -> Bool {
        if case .server = error { return false }
        return error.delivery == .maybeSent
    }
}

extension CommandReply {
    init(_ reply: Reply) throws {
        switch reply.outcome {
        case .done: self = .done(reply.body, isReplay: reply.isReplay)
        case .refused: self = .refused(try Self.refusal(reply.body), isReplay: reply.isReplay)
        case .busy: self = .busy
        }
    }

    static func refusal(_ body: [UInt8]) throws -> Refusal {
        try JSONBytes.decode(from: body)
    }
}
