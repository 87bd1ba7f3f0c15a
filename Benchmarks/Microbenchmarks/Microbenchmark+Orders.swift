import Marketplace
import PostgresClient
import Storage

@testable import Services

extension Microbenchmark {
    private typealias OrderMessage = Message<OrdersCommand, OrdersEvent>

    /// Returns a full batch of orders for a number of listings, and the loaded state for its decisions.
    private static func orderBatch(listings count: Int) -> (messages: [OrderMessage], state: OrdersDecider) {
        let listings = (0..<count).map { _ in ListingID.new() }
        let buyers = (0..<Fixtures.batchSize).map { _ in UserID.new() }
        let messages = buyers.enumerated().map { index, buyer in
            var create = Fixtures.createOrder
            create.ticketId = listings[index % count]
            return OrderMessage.command(
                CommandHead(id: .new(), actor: .user(buyer), at: Fixtures.now), .createOrder(create))
        }
        let state = OrdersDecider(
            users: buyers.map { UserCopy(id: $0, status: .active, version: 1) },
            listings: listings.map(Fixtures.listingCopy), orders: [], allocations: [], free: [:], rules: OrdersRules())
        return (messages, state)
    }

    private static func decide(_ messages: [OrderMessage], on state: OrdersDecider) -> OrdersDecider {
        var state = state
        for message in messages { blackHole(state.decide(message, now: Fixtures.now)) }
        return state
    }

    static var decisions: [Microbenchmark] {
        [1, Fixtures.batchSize].map { count in
            let (messages, state) = orderBatch(listings: count)
            return Microbenchmark("decide: order, listings=\(count)", unitsPerRun: Fixtures.batchSize) {
                blackHole(decide(messages, on: state))
            }
        }
    }

    static var payloads: [Microbenchmark] {
        get throws {
            let command = Payload(version: 1, body: try JSONBody.encode(Fixtures.createOrder))
            let event = Payload(version: 1, body: try JSONBody.encode(Fixtures.order))
            let representation = OrderRepresentation(Fixtures.order)
            return [
                Microbenchmark("JSON: decode CreateOrder", unitsPerRun: 100) {
                    for _ in 0..<100 { blackHole(try command.decode(CreateOrder.self)) }
                },
                Microbenchmark("JSON: encode CreateOrder", unitsPerRun: 100) {
                    for _ in 0..<100 { blackHole(try JSONBody.encode(Fixtures.createOrder)) }
                },
                Microbenchmark("JSON: decode order event", unitsPerRun: 100) {
                    for _ in 0..<100 { blackHole(try event.decode(OrderState.self)) }
                },
                Microbenchmark("JSON: encode order event", unitsPerRun: 100) {
                    for _ in 0..<100 { blackHole(try JSONBody.encode(Fixtures.order)) }
                },
                Microbenchmark("JSON: encode order reply", unitsPerRun: 100) {
                    for _ in 0..<100 { blackHole(try JSONBody.encode(representation)) }
                },
            ]
        }
    }

    static var statements: [Microbenchmark] {
        let store = OrdersStore(rules: OrdersRules())
        let storage = ServiceStorage(service: .orders)
        let body = Array(repeating: UInt8(ascii: "x"), count: 500)
        let events = (0..<Fixtures.batchSize).map { _ in
            OutboxEvent(
                id: .v7(at: Fixtures.now), type: "OrderCreated", at: Fixtures.now,
                subject: Fixtures.order.id.description, version: 1,
                trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", body: body)
        }
        let replies = events.map { InboxReply(id: $0.id, outcome: .done, reply: body) }
        let changes = [1, Fixtures.batchSize].map { count in
            let (messages, state) = orderBatch(listings: count)
            let decided = decide(messages, on: state)
            return Microbenchmark("SQL: order rows, listings=\(count)", unitsPerRun: Fixtures.batchSize) {
                for statement in store.changes(of: decided) { blackHole(statement.text) }
            }
        }
        return changes + [
            Microbenchmark("SQL: inbox reply and outbox row", unitsPerRun: Fixtures.batchSize) {
                blackHole(storage.inbox.storeSQL(replies).text)
                for statement in storage.outbox.appendSQL(events) { blackHole(statement.text) }
            }
        ]
    }
}
