import FoundationEssentials
import Marketplace
import Streams

/// Sends commands as `operator` and waits for their replies.
struct CommandClient {
    let producer: CommandProducer
    let replies: ReplyStream

    /// Sends a command and returns its reply.
    ///
    /// - Throws: ``OperatorError`` if the command is refused, or if no reply comes within 15 s.
    func send<Payload: CommandPayload, Reply: Decodable>(
        _ payload: Payload, to service: ServiceName, for reply: Reply.Type = Reply.self
    ) async throws -> Reply {
        let id = CommandID.new()
        let expected = try replies.expect(id)
        try await producer.enqueue(
            CommandEnvelope(
                id: id, type: Payload.type, at: .now(), actor: .operator, reply: expected.address.description,
                body: Array(try JSONEncoder().encode(payload))), to: service)
        guard let reply = await expected.wait(until: .now + .seconds(15)) else {
            throw OperatorError(
                message:
                    "no reply within 15 s. Is `Workers \(service)` running? When it runs, it will handle command \(id)")
        }
        switch reply.outcome {
        case .done: return try JSONDecoder().decode(Reply.self, from: Data(reply.body))
        case .refused, .busy:
            throw OperatorError(message: try JSONDecoder().decode(Refusal.self, from: Data(reply.body)).message)
        }
    }
}
