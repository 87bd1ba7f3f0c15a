import FoundationEssentials
import Marketplace
import PostgresClient
import Storage
import Streams
import Support
import Testing

@testable import Workers

/// The orders service on its own tables: units, holds, copies that are behind.
@Suite struct OrdersHandlerTests {
    private let buyer = UserState(id: .new(), status: .active, role: .member, version: 1)
    private let ticket: TicketState

    init() {
        ticket = TicketState(
            id: .new(), sellerId: .new(), title: "Row 1", price: 2500, currency: .usd, quantity: 3,
            details: EventDetails(venue: "Harpa", startsAt: .now() + .seconds(86_400), timeZone: "UTC", note: "a\nb"),
            withdrawn: false, version: 1, createdAt: .now(), updatedAt: .now())
    }

    private func rig(hold: Duration = .seconds(900)) async throws -> Rig<OrdersHandler> {
        try await Rig(OrdersHandler(store: OrdersStore(rules: OrdersRules(hold: hold))))
    }

    private func order(_ quantity: Int, ticketVersion: Int64 = 1) -> CreateOrder {
        CreateOrder(
            ticketId: ticket.id, quantity: quantity, price: nil, ticketVersion: ticketVersion, userVersion: 1)
    }

    /// Ticket by ticket: held, handed out, free again.
    private func ledger(_ rig: Rig<OrdersHandler>) async throws -> [Int] {
        let row = try await rig.pool.query(
            """
            SELECT held, next_unit, (SELECT count(*) FROM orders.allocations),
                (SELECT count(*) FROM orders.free_units)
            FROM orders.tickets WHERE id = \(ticket.id)
            """)[0]
        return try (0..<4).map { try row[$0].decode(as: Int.self) }
    }

    /// As it was told when the order was made, whatever is told of the listing later.
    @Test func theEventComesWithTheOrder() async throws {
        let rig = try await rig()
        try await rig.tell(.user(buyer), from: .users)
        try await rig.tell(.ticket(ticket), from: .tickets)
        let first = try await rig.send(order(1), actor: .user(buyer.id))
        try await rig.drain()
        var bare = ticket
        (bare.details, bare.version) = (EventDetails(), 2)
        try await rig.tell(.ticket(bare), from: .tickets)
        let second = try await rig.send(order(1, ticketVersion: 2), actor: .user(buyer.id))
        try await rig.drain()
        let orders = OrderReads(rig.pool)
        #expect(try await orders.order(OrderID(first.uuid))?.details == ticket.details)
        #expect(try await orders.order(OrderID(second.uuid))?.details == EventDetails())
    }

    @Test func unitsAreHandedOutTakenBackAndHandedOutAgain() async throws {
        let rig = try await rig()
        try await rig.tell(.user(buyer), from: .users)
        try await rig.tell(.ticket(ticket), from: .tickets)
        let first = try await rig.send(order(2), actor: .user(buyer.id))
        try await rig.drain()
        #expect(try await rig.replies(to: first).map(\.outcome) == ["done"])
        #expect(try await ledger(rig) == [2, 3, 2, 0])

        let tooMany = try await rig.send(order(2), actor: .user(buyer.id))
        try await rig.drain()
        #expect(try await rig.refusal(of: tooMany) == .soldOut)

        try await rig.send(CancelOrder(orderId: OrderID(first.uuid)), actor: .user(buyer.id))
        try await rig.drain()
        #expect(try await ledger(rig) == [0, 3, 0, 2])

        try await rig.send(order(3), actor: .user(buyer.id))
        try await rig.drain()
        #expect(try await ledger(rig) == [3, 4, 3, 0])
    }

    @Test func aCommandAheadOfTheCopiesWaitsForThem() async throws {
        let rig = try await rig()
        let id = try await rig.send(order(1), actor: .user(buyer.id))
        try await rig.handle(try #require(try await rig.consumer.next()))
        #expect(try await rig.replies().isEmpty)
        #expect(try await rig.number("SELECT count(*) FROM orders.inbox") == 0)
        try await rig.tell(.user(buyer), from: .users)
        try await rig.tell(.ticket(ticket), from: .tickets)
        try await rig.drain()
        #expect(try await rig.replies(to: id).map(\.outcome) == ["done"])
    }

    @Test func aCommandWhoseCopyNeverComesIsAnsweredBusyAndNotStored() async throws {
        let rig = try await rig()
        // It waited for long before it was first tried, which does not count.
        let id = try await rig.send(order(1), actor: .user(buyer.id), at: .now() - .seconds(60))
        try await rig.handle(try #require(try await rig.consumer.next()))
        #expect(try await rig.replies().isEmpty)
        rig.clock.advance(by: .milliseconds(2500))
        try await rig.drain()
        #expect(try await rig.replies(to: id).map(\.outcome) == ["busy"])
        #expect(try await rig.number("SELECT count(*) FROM orders.inbox") == 0)
        #expect(try await rig.backlog() == 0)
    }

    @Test func aCommandThatNobodyWaitsForIsGivenMoreTimeAndIsNeverJustDropped() async throws {
        let rig = try await rig()
        try await rig.send(order(1), actor: .user(buyer.id), reply: "")
        try await rig.handle(try #require(try await rig.consumer.next()))
        rig.clock.advance(by: .seconds(60))
        try await rig.handle(try #require(try await rig.due()))
        #expect(try await rig.count("ZCARD", rig.keys.later(.orders)) == 1)
        #expect(try await rig.dead() == 0)
        rig.clock.advance(by: .seconds(600))
        try await rig.drain()
        #expect(try await rig.dead() == 1)
    }

    @Test func aBanCancelsWhatIsNotPaid() async throws {
        let rig = try await rig()
        try await rig.tell(.user(buyer), from: .users)
        try await rig.tell(.ticket(ticket), from: .tickets)
        try await rig.send(order(1), actor: .user(buyer.id))
        try await rig.drain()
        var banned = buyer
        banned.status = .banned
        banned.version = 2
        try await rig.tell(.user(banned), from: .users)
        let later = try await rig.send(order(1), actor: .user(buyer.id))
        try await rig.drain()
        #expect(try await rig.refusal(of: later) == .banned)
        #expect(
            try await rig.number("SELECT count(*) FROM orders.orders WHERE reason = 'buyer_banned'") == 1)
        #expect(try await ledger(rig) == [0, 2, 0, 1])
    }

    @Test func aBanWaitsForAnOrderThatIsBeingMadeAndCancelsIt() async throws {
        let rig = try await rig()
        let other = try await Rig(rig.processor.handler, sharing: rig)
        try await rig.tell(.user(buyer), from: .users)
        try await rig.tell(.ticket(ticket), from: .tickets)
        try await rig.drain()
        try await rig.send(order(1), actor: .user(buyer.id))
        let ordered = try #require(try await rig.consumer.next())
        var banned = buyer
        (banned.status, banned.version) = (.banned, 2)
        try await rig.tell(.user(banned), from: .users)
        let ban = try #require(try await other.consumer.next())

        // The order is made and not committed when the ban comes to look for the buyer's orders.
        let workers = try await rig.holdingCommits {
            let buyer = Task { try await rig.handle(ordered) }
            try await rig.untilWaiting(1)
            let moderator = Task { try await other.handle(ban) }
            try await rig.untilWaiting(2)
            return [buyer, moderator]
        }
        for worker in workers { try await worker.value }
        #expect(try await rig.number("SELECT count(*) FROM orders.orders WHERE reason = 'buyer_banned'") == 1)
        #expect(try await ledger(rig) == [0, 2, 0, 1])
    }

    @Test func unitsAreLookedForFromTheFirstThatCanBeFree() async throws {
        let rig = try await rig()
        try await rig.tell(.user(buyer), from: .users)
        try await rig.tell(.ticket(ticket), from: .tickets)
        var orders: [CommandID] = []
        for _ in 1...3 { orders.append(try await rig.send(order(1), actor: .user(buyer.id))) }
        try await rig.drain()
        /// The units that are handed out, and from where on one can be free.
        func look() async throws -> [[Int]] {
            let units = try await rig.pool.query("SELECT unit FROM orders.allocations ORDER BY unit").decode(Int.self)
            return [units, [try await rig.number("SELECT free_from FROM orders.tickets")]]
        }
        for index in [2, 0] {
            try await rig.send(CancelOrder(orderId: OrderID(orders[index].uuid)), actor: .user(buyer.id))
            try await rig.drain()
        }
        #expect(try await look() == [[2], [1]])
        try await rig.send(order(1), actor: .user(buyer.id))
        try await rig.drain()
        #expect(try await look() == [[1, 2], [2]])
        try await rig.send(order(1), actor: .user(buyer.id))
        try await rig.drain()
        #expect(try await look() == [[1, 2, 3], [4]])
        try await rig.send(CancelOrder(orderId: OrderID(orders[1].uuid)), actor: .user(buyer.id))
        try await rig.drain()
        #expect(try await look() == [[1, 3], [2]])
        try await rig.send(order(1), actor: .user(buyer.id))
        try await rig.drain()
        #expect(try await ledger(rig) == [3, 4, 3, 0])
    }

    @Test func theSweepExpiresWhatNoClockHasToldOf() async throws {
        let rig = try await rig(hold: .milliseconds(1))
        try await rig.tell(.user(buyer), from: .users)
        try await rig.tell(.ticket(ticket), from: .tickets)
        try await rig.send(order(2), actor: .user(buyer.id))
        try await rig.drain()
        let sweep = OverdueSweep(
            processor: rig.processor, store: rig.processor.handler.store, pool: rig.pool,
            logger: Rig<OrdersHandler>.logger, grace: .seconds(3))
        #expect(try await sweep.sweep(at: .now()) == 0)
        #expect(try await sweep.sweep(at: .now() + .seconds(4)) == 1)
        #expect(try await sweep.sweep(at: .now() + .seconds(4)) == 0)
        #expect(try await rig.number("SELECT count(*) FROM orders.orders WHERE reason = 'expired'") == 1)
        #expect(try await rig.number("SELECT count(*) FROM orders.outbox WHERE type = 'OrderCancelled'") == 1)
    }

    @Test func whateverTheCodeDoesTheDatabaseRefusesAUnitSoldTwice() async throws {
        let rig = try await rig()
        try await rig.tell(.user(buyer), from: .users)
        try await rig.tell(.ticket(ticket), from: .tickets)
        try await rig.send(order(1), actor: .user(buyer.id))
        try await rig.drain()
        // A counter that was damaged hands unit 1 out again.
        try await rig.pool.execute("UPDATE orders.tickets SET held = 0, next_unit = 1")
        let second = try await rig.send(order(1), actor: .user(buyer.id))
        try await rig.drain()
        #expect(try await rig.replies(to: second).isEmpty)
        #expect(try await rig.number("SELECT count(*) FROM orders.allocations") == 1)
        #expect(try await rig.number("SELECT count(*) FROM orders.orders") == 1)
        #expect(try await rig.dead() == 1)
    }
}
