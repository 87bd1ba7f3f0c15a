import Bootstrap
import FoundationEssentials
import Logging
import Marketplace
import RedisClient
import Streams

/// The operator's connections: sends commands as `operator`, and waits for their replies like any API process.
struct Office {
    let databases: DatabasePools
    private let producer: CommandProducer
    private let replies: ReplyStream

    /// Opens the office for as long as the body runs.
    static func open(_ body: @Sendable (Office) async throws -> Void) async throws {
        let settings = try Settings.operating()
        let logger = Launch.logging(settings.process, label: "gittix")
        let name = "gittix-operator"
        let redis = RedisClient(settings.redis, name: name, logger: logger)
        let blocking = RedisClient(settings.redis, role: .blocking, name: name, logger: logger)
        let keys = Keys(prefix: settings.redis.keyPrefix)
        let databases = try await DatabasePools(settings.databases, for: .operating, name: name, logger: logger)
        let office = Office(
            databases: databases, producer: CommandProducer(redis: redis, keys: keys),
            replies: ReplyStream(blocking: blocking, keys: keys, logger: logger))
        let reading = Task { await office.replies.run() }
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(office))
        } catch {
            outcome = .failure(error)
        }
        reading.cancel()
        await reading.value
        await databases.close()
        await blocking.close()
        await redis.close()
        try outcome.get()
    }

    /// Sends a command and returns what it was answered.
    func ask<Payload: CommandPayload, Answer: Decodable>(
        _ payload: Payload, of service: Service, for answer: Answer.Type = Answer.self
    ) async throws -> Answer {
        let id = CommandID.new()
        let expected = try replies.expect(id)
        try await producer.enqueue(
            CommandEnvelope(
                id: id, type: Payload.type, at: .now(), actor: .operator, reply: expected.address.description,
                body: Array(try JSONEncoder().encode(payload))), to: service)
        guard let reply = await expected.wait(until: .now + .seconds(15)) else {
            throw Refused(
                message: "no answer within 15 s. Does `Workers \(service)` run? The command \(id) waits for it.")
        }
        switch reply.outcome {
        case .done: return try JSONDecoder().decode(Answer.self, from: Data(reply.body))
        case .refused, .busy:
            throw Refused(message: try JSONDecoder().decode(Refusal.self, from: Data(reply.body)).message)
        }
    }
}

/// What the operator is told when something is not done.
struct Refused: Error, CustomStringConvertible {
    var message: String
    var description: String { message }
}
