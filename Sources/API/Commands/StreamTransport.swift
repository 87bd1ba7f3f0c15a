import JSONCoding
import Marketplace
import PostgresClient
import RedisClient
import Storage
import Streams

/// Commands by the services' streams, replies by this process's own, and the services' inboxes to look into.
struct StreamTransport: CommandTransport {
    let clients: ByLoop<RedisClient>
    let keys: Keys
    let replies: ReplyStream
    let backlog: Backlog
    let search: CommandSearch
    let pools: [Service: PostgresPool]

    private var producer: CommandProducer { CommandProducer(redis: clients.here, keys: keys) }

    func admit(_ service: Service) async throws {
        switch try await backlog.admit(service) {
        case .admitted: return
        case .shed(let retryAfter):
            throw Problem.unavailable(
                "there is too much to do just now: try again",
                retryAfter: max(1, Int(retryAfter.components.seconds)))
        }
    }

    func send(_ command: CommandEnvelope, to service: Service) async throws {
        do {
            try await producer.enqueue(command, to: service)
        } catch let error as RedisError where Self.mayHaveArrived(error) {
            throw DeliveryUnknown()
        }
    }

    func request(_ command: CommandEnvelope, to service: Service, wait: Duration) async throws -> CommandReply? {
        let deadline = ContinuousClock.now + wait
        let expected: ExpectedReply
        do {
            expected = try replies.expect(command.id)
        } catch {
            throw Problem.unavailable("too many requests are waiting just now: try again")
        }
        var command = command
        command.reply = expected.address.description
        do {
            try await producer.enqueue(command, to: service)
        } catch let error as RedisError where Self.mayHaveArrived(error) {
            // If it has arrived, its reply will tell.
            if let reply = await expected.wait(until: deadline) { return try CommandReply(reply) }
            throw DeliveryUnknown()
        }
        return try await expected.wait(until: deadline).map(CommandReply.init)
    }

    func stored(_ id: CommandID, in service: Service) async throws -> StoredReply? {
        guard let pool = pools[service],
            let prior = try await Inbox(service: service).lookup(id.uuid, on: pool)
        else { return nil }
        let reply: CommandReply? =
            switch prior.outcome {
            case nil: nil
            case .done: .done(prior.reply ?? Array("{}".utf8))
            case .refused: .refused(try CommandReply.refusal(prior.reply ?? []))
            }
        return StoredReply(
            reply: reply, actor: prior.actor.flatMap(Actor.init(text:)) ?? .nobody,
            fingerprint: prior.fingerprint.map { String(decoding: $0, as: UTF8.self) })
    }

    func mayWait(_ id: CommandID) async throws -> Bool {
        for service in Service.allCases where service.hasSchema {
            if try await search.mayWait(id, for: service) { return true }
        }
        return false
    }

    /// Whether it is open if the server took the command in.
    private static func mayHaveArrived(_ error: RedisError) -> Bool {
        if case .server = error { return false }
        return error.delivery == .maybeSent
    }
}

extension CommandReply {
    init(_ reply: Reply) throws {
        switch reply.outcome {
        case .done: self = .done(reply.body)
        case .refused: self = .refused(try Self.refusal(reply.body))
        case .busy: self = .busy
        }
    }

    static func refusal(_ body: [UInt8]) throws -> Refusal {
        try JSONBytes.decode(from: body)
    }
}
