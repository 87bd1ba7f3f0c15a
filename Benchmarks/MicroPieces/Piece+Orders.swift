import Marketplace
import PostgresClient
import Storage

@testable import Workers

extension Piece {
    private typealias OrderMessage = Message<OrdersCommand, OrdersEvent>

    /// A full batch of orders for so many tickets, and the desk that it is decided on.
    private static func rush(tickets count: Int) -> (messages: [OrderMessage], desk: OrdersDesk) {
        let tickets = (0..<count).map { _ in TicketID.new() }
        let buyers = (0..<Sample.batch).map { _ in UserID.new() }
        let messages = buyers.enumerated().map { index, buyer in
            var create = Sample.createOrder
            create.ticketId = tickets[index % count]
            return OrderMessage.command(
                CommandHead(id: .new(), actor: .user(buyer), at: Sample.now), .createOrder(create))
        }
        let desk = OrdersDesk(
            users: buyers.map { UserCopy(id: $0, status: .active, version: 1) }, offers: tickets.map(Sample.offer),
            orders: [], allocations: [], free: [:], rules: OrdersRules())
        return (messages, desk)
    }

    private static func decided(_ messages: [OrderMessage], on desk: OrdersDesk) -> OrdersDesk {
        var desk = desk
        for message in messages { keep(desk.decide(message, now: Sample.now)) }
        return desk
    }

    static var decisions: [Piece] {
        [1, Sample.batch].map { tickets in
            let (messages, desk) = rush(tickets: tickets)
            return Piece("decide: order of a batch for \(tickets) tickets", of: Sample.batch) {
                keep(decided(messages, on: desk))
            }
        }
    }

    static var bodies: [Piece] {
        get throws {
            let command = Payload(version: 1, body: try JSONBody.encode(Sample.createOrder))
            let event = Payload(version: 1, body: try JSONBody.encode(Sample.order))
            let representation = OrderRepresentation(Sample.order)
            return [
                Piece("JSON: CreateOrder read", of: 100) {
                    for _ in 0..<100 { keep(try command.decode(CreateOrder.self)) }
                },
                Piece("JSON: CreateOrder written", of: 100) {
                    for _ in 0..<100 { keep(try JSONBody.encode(Sample.createOrder)) }
                },
                Piece("JSON: order's event read", of: 100) {
                    for _ in 0..<100 { keep(try event.decode(OrderState.self)) }
                },
                Piece("JSON: order's event written", of: 100) {
                    for _ in 0..<100 { keep(try JSONBody.encode(Sample.order)) }
                },
                Piece("JSON: order's reply written", of: 100) {
                    for _ in 0..<100 { keep(try JSONBody.encode(representation)) }
                },
            ]
        }
    }

    static var statements: [Piece] {
        let store = OrdersStore(rules: OrdersRules())
        let storage = ServiceStorage(service: .orders)
        let body = Array(repeating: UInt8(ascii: "x"), count: 500)
        let events = (0..<Sample.batch).map { _ in
            OutboxEvent(
                id: .v7(at: Sample.now), type: "OrderCreated", at: Sample.now,
                subject: Sample.order.id.description, version: 1,
                trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", body: body)
        }
        let replies = events.map { InboxReply(id: $0.id, outcome: .done, reply: body) }
        let pieces = [1, Sample.batch].map { tickets in
            let (messages, desk) = rush(tickets: tickets)
            let decided = decided(messages, on: desk)
            return Piece("SQL: order's rows, of a batch for \(tickets) tickets", of: Sample.batch) {
                for statement in store.changes(of: decided) { keep(statement.text) }
            }
        }
        return pieces + [
            Piece("SQL: inbox reply and outbox row of an order", of: Sample.batch) {
                keep(storage.inbox.storeSQL(replies).text)
                for statement in storage.outbox.appendSQL(events) { keep(statement.text) }
            }
        ]
    }
}
