import Marketplace
import NIOCore
import RedisClient
import Services

@testable import Streams

extension Microbenchmark {
    private static let body = (try? JSONBody.encode(Fixtures.createOrder)) ?? []

    private static let command = CommandEnvelope(
        id: .new(), type: CreateOrder.type, at: Fixtures.now, actor: .user(.new()), reply: "api-7f3a/1234567",
        trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", body: body)

    private static let event = EventEnvelope(
        id: .new(), type: EventType.orderCreated.rawValue, at: Fixtures.now, subject: Fixtures.order.id.description,
        version: 1, trace: command.trace, body: (try? JSONBody.encode(Fixtures.order)) ?? [])

    private static func encode(_ command: CommandEnvelope) -> RedisCommand {
        var add = RedisCommand("XADD", "gittix:commands:{orders}", "*")
        command.append(to: &add)
        return add
    }

    private static func encode(_ event: EventEnvelope) -> RedisCommand {
        var add = RedisCommand("XADD", "gittix:events:{orders}", "17-0")
        event.append(to: &add)
        return add
    }

    /// Returns the fields of an XADD as Redis returns them.
    private static func fields(_ command: RedisCommand) -> StreamFields {
        StreamFields(.array(command.words.dropFirst(3).map { .bulk($0[...]) })) ?? StreamFields()
    }

    static var envelopes: [Microbenchmark] {
        let (commandFields, eventFields) = (fields(encode(command)), fields(encode(event)))
        return [
            Microbenchmark("command envelope: encode", unitsPerRun: 100) {
                for _ in 0..<100 {
                    try command.check()
                    blackHole(encode(command))
                }
            },
            Microbenchmark("command envelope: decode", unitsPerRun: 100) {
                for _ in 0..<100 { blackHole(try CommandEnvelope(commandFields)) }
            },
            Microbenchmark("event envelope: encode", unitsPerRun: 100) {
                for _ in 0..<100 { blackHole(encode(event)) }
            },
            Microbenchmark("event envelope: decode", unitsPerRun: 100) {
                for _ in 0..<100 { blackHole(try EventEnvelope(eventFields)) }
            },
        ]
    }
}
