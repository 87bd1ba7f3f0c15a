import Marketplace
import NIOCore
import RedisClient

@testable import Streams
@testable import Workers

extension Piece {
    private static let body = (try? JSONBody.encode(Sample.createOrder)) ?? []

    private static let command = CommandEnvelope(
        id: .new(), type: CreateOrder.type, at: Sample.now, actor: .user(.new()), reply: "api-7f3a/1234567",
        trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", body: body)

    private static let event = EventEnvelope(
        id: .new(), type: EventType.orderCreated.rawValue, at: Sample.now, subject: Sample.order.id.description,
        version: 1, trace: command.trace, body: (try? JSONBody.encode(Sample.order)) ?? [])

    private static func written(_ command: CommandEnvelope) -> RedisCommand {
        var add = RedisCommand("XADD", "gittix:commands:{orders}", "*")
        command.append(to: &add)
        return add
    }

    private static func written(_ event: EventEnvelope) -> RedisCommand {
        var add = RedisCommand("XADD", "gittix:events:{orders}", "17-0")
        event.append(to: &add)
        return add
    }

    /// The fields as Redis gives them back.
    private static func fields(_ command: RedisCommand) -> StreamFields {
        StreamFields(.array(command.words.dropFirst(3).map { .bulk($0[...]) })) ?? StreamFields()
    }

    static var envelopes: [Piece] {
        let (commandFields, eventFields) = (fields(written(command)), fields(written(event)))
        return [
            Piece("command envelope: written", of: 100) {
                for _ in 0..<100 {
                    try command.check()
                    keep(written(command))
                }
            },
            Piece("command envelope: read", of: 100) {
                for _ in 0..<100 { keep(try CommandEnvelope(commandFields)) }
            },
            Piece("event envelope: written", of: 100) { for _ in 0..<100 { keep(written(event)) } },
            Piece("event envelope: read", of: 100) {
                for _ in 0..<100 { keep(try EventEnvelope(eventFields)) }
            },
        ]
    }
}
