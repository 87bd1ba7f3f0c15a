import FoundationEssentials
import Marketplace
import PostgresClient
import Storage
import Streams
import Support
import Testing

@testable import Services

/// The orders service with its tables: units, holds, and copies that are behind.
@Suite struct OrdersHandlerTests {
    private let buyer = UserState(id: .new(), status: .active, role: .member, version: 1)
    private let listing: ListingState

    init() {
        listing = ListingState(
            id: .new(), sellerId: .new(), title: "Row 1", price: 2500, currency: .usd, quantity: 3,
            details: ShowDetails(venue: "Harpa", startsAt: .now() + .seconds(86_400), timeZone: "UTC", note: "a\nb"),
            withdrawn: false, version: 1, createdAt: .now(), updatedAt: .now())
    }

    private func harness(hold: Duration = .seconds(900)) async throws -> ServiceHarness<OrdersHandler> {
        try await ServiceHarness(OrdersHandler(store: OrdersStore(rules: OrdersRules(holdLength: hold))))
    }

    private func order(_ quantity: Int, ticketVersion: Int64 = 1) -> CreateOrder {
        CreateOrder(
            ticketId: listing.id, quantity: quantity, price: nil, ticketVersion: ticketVersion, userVersion: 1)
    }

    /// Returns the listing's held units, next unit, allocations and free units.
    private func ledger(_ harness: ServiceHarness<OrdersHandler>) async throws -> [Int] {
        let row = try await harness.pool.query(
            """
            SELECT held, next_unit, (SELECT count(*) FROM orders.allocations),
                (SELECT count(*) FROM orders.free_units)
            FROM orders.tickets WHERE id = \(listing.id)
            """)[0]
        return try (0..<4).map { try row[$0].decode(as: Int.self) }
    }

    /// A listing without free units is sold out once no unit can come back.
    @Test func heldUnitsMayReturnUntilTheyArePaid() async throws {
        let harness = try await harness()
        try await harness.deliver(.user(buyer), from: .users)
        try await harness.deliver(.listing(listing), from: .listings)
        let orders = OrderReads(harness.pool)
        func availability() async throws -> [Int] {
            try await orders.availability(of: [listing.id]).flatMap { [$0.left, $0.mayReturn ? 1 : 0] }
        }
        try await harness.drain()
        #expect(try await availability() == [3, 1])
        _ = try await harness.send(order(3), actor: .user(buyer.id))
        try await harness.drain()
        #expect(try await availability() == [0, 1])
        for status in ["confirmed", "complete"] {
            try await harness.pool.execute("UPDATE orders.orders SET status = \(status), attempt = 1")
            #expect(try await availability() == [0, 0])
        }
    }

    /// Later changes of the listing do not change the order.
    @Test func anOrderKeepsTheShowDetailsOfItsCreation() async throws {
        let harness = try await harness()
        try await harness.deliver(.user(buyer), from: .users)
        try await harness.deliver(.listing(listing), from: .listings)
        let first = try await harness.send(order(1), actor: .user(buyer.id))
        try await harness.drain()
        var bare = listing
        (bare.details, bare.version) = (ShowDetails(), 2)
        try await harness.deliver(.listing(bare), from: .listings)
        let second = try await harness.send(order(1, ticketVersion: 2), actor: .user(buyer.id))
        try await harness.drain()
        let orders = OrderReads(harness.pool)
        #expect(try await orders.order(OrderID(first.uuid))?.details == listing.details)
        #expect(try await orders.order(OrderID(second.uuid))?.details == ShowDetails())
    }

    @Test func unitsAreAllocatedReleasedAndAllocatedAgain() async throws {
        let harness = try await harness()
        try await harness.deliver(.user(buyer), from: .users)
        try await harness.deliver(.listing(listing), from: .listings)
        let first = try await harness.send(order(2), actor: .user(buyer.id))
        try await harness.drain()
        #expect(try await harness.replies(to: first).map(\.outcome) == ["done"])
        #expect(try await ledger(harness) == [2, 3, 2, 0])

        let tooMany = try await harness.send(order(2), actor: .user(buyer.id))
        try await harness.drain()
        #expect(try await harness.refusal(of: tooMany) == .soldOut)

        try await harness.send(CancelOrder(orderId: OrderID(first.uuid)), actor: .user(buyer.id))
        try await harness.drain()
        #expect(try await ledger(harness) == [0, 3, 0, 2])

        try await harness.send(order(3), actor: .user(buyer.id))
        try await harness.drain()
        #expect(try await ledger(harness) == [3, 4, 3, 0])
    }

    @Test func aCommandAheadOfTheCopiesWaitsForThem() async throws {
        let harness = try await harness()
        harness.clock.stop()
        let id = try await harness.send(order(1), actor: .user(buyer.id))
        try await harness.handle(try #require(try await harness.consumer.next()))
        #expect(try await harness.replies().isEmpty)
        #expect(try await harness.number("SELECT count(*) FROM orders.inbox") == 0)
        try await harness.deliver(.user(buyer), from: .users)
        try await harness.deliver(.listing(listing), from: .listings)
        try await harness.drain()
        #expect(try await harness.replies(to: id).map(\.outcome) == ["done"])
    }

    @Test func aCommandWhoseCopyStaysBehindIsAnsweredBusyAndNotStored() async throws {
        let harness = try await harness()
        // The time before the first try does not count.
        let id = try await harness.send(order(1), actor: .user(buyer.id), at: .now() - .seconds(60))
        try await harness.handle(try #require(try await harness.consumer.next()))
        #expect(try await harness.replies().isEmpty)
        harness.clock.advance(by: .milliseconds(2500))
        try await harness.drain()
        #expect(try await harness.replies(to: id).map(\.outcome) == ["busy"])
        #expect(try await harness.number("SELECT count(*) FROM orders.inbox") == 0)
        #expect(try await harness.backlog() == 0)
    }

    @Test func aCommandWithoutReplyAddressIsDeferredLongerAndThenBecomesADeadLetter() async throws {
        let harness = try await harness()
        try await harness.send(order(1), actor: .user(buyer.id), reply: "")
        try await harness.handle(try #require(try await harness.consumer.next()))
        harness.clock.advance(by: .seconds(60))
        try await harness.handle(try #require(try await harness.nextDue()))
        #expect(try await harness.count("ZCARD", harness.keys.deferred(.orders)) == 1)
        #expect(try await harness.deadLetterCount() == 0)
        harness.clock.advance(by: .seconds(600))
        try await harness.drain()
        #expect(try await harness.deadLetterCount() == 1)
    }

    @Test func aBanCancelsUnpaidOrders() async throws {
        let harness = try await harness()
        try await harness.deliver(.user(buyer), from: .users)
        try await harness.deliver(.listing(listing), from: .listings)
        try await harness.send(order(1), actor: .user(buyer.id))
        try await harness.drain()
        var banned = buyer
        banned.status = .banned
        banned.version = 2
        try await harness.deliver(.user(banned), from: .users)
        let later = try await harness.send(order(1), actor: .user(buyer.id))
        try await harness.drain()
        try await harness.runWork()
        #expect(try await harness.refusal(of: later) == .banned)
        #expect(
            try await harness.number("SELECT count(*) FROM orders.orders WHERE reason = 'buyer_banned'") == 1)
        #expect(try await ledger(harness) == [0, 2, 0, 1])
    }

    @Test func aBanWaitsForAnOrderInProgressAndCancelsIt() async throws {
        let harness = try await harness()
        let other = try await ServiceHarness(harness.processor.handler, sharing: harness)
        try await harness.deliver(.user(buyer), from: .users)
        try await harness.deliver(.listing(listing), from: .listings)
        try await harness.drain()
        try await harness.send(order(1), actor: .user(buyer.id))
        let creation = try #require(try await harness.consumer.next())
        var banned = buyer
        (banned.status, banned.version) = (.banned, 2)
        try await harness.deliver(.user(banned), from: .users)
        let ban = try #require(try await other.consumer.next())

        // The order is decided and not committed when the ban reads the buyer's orders.
        let workers = try await harness.holdingCommits {
            let buyer = Task { try await harness.handle(creation) }
            try await harness.waitForLocks(1)
            let moderator = Task { try await other.handle(ban) }
            try await harness.waitForLocks(2)
            return [buyer, moderator]
        }
        for worker in workers { try await worker.value }
        try await harness.runWork()
        #expect(try await harness.number("SELECT count(*) FROM orders.orders WHERE reason = 'buyer_banned'") == 1)
        #expect(try await ledger(harness) == [0, 2, 0, 1])
    }

    @Test func theSearchForFreeUnitsStartsAtTheFirstThatCanBeFree() async throws {
        let harness = try await harness()
        try await harness.deliver(.user(buyer), from: .users)
        try await harness.deliver(.listing(listing), from: .listings)
        var orders: [CommandID] = []
        for _ in 1...3 { orders.append(try await harness.send(order(1), actor: .user(buyer.id))) }
        try await harness.drain()
        /// Returns the allocated units, and the first unit that can be free.
        func allocation() async throws -> [[Int]] {
            let units = try await harness.pool.query("SELECT unit FROM orders.allocations ORDER BY unit").decode(
                Int.self)
            return [units, [try await harness.number("SELECT free_from FROM orders.tickets")]]
        }
        for index in [2, 0] {
            try await harness.send(CancelOrder(orderId: OrderID(orders[index].uuid)), actor: .user(buyer.id))
            try await harness.drain()
        }
        #expect(try await allocation() == [[2], [1]])
        try await harness.send(order(1), actor: .user(buyer.id))
        try await harness.drain()
        #expect(try await allocation() == [[1, 2], [2]])
        try await harness.send(order(1), actor: .user(buyer.id))
        try await harness.drain()
        #expect(try await allocation() == [[1, 2, 3], [4]])
        try await harness.send(CancelOrder(orderId: OrderID(orders[1].uuid)), actor: .user(buyer.id))
        try await harness.drain()
        #expect(try await allocation() == [[1, 3], [2]])
        try await harness.send(order(1), actor: .user(buyer.id))
        try await harness.drain()
        #expect(try await ledger(harness) == [3, 4, 3, 0])
    }

    /// Expiration reads the order's event, and sends the command when the hold ends.
    @Test func theClockEndsAHold() async throws {
        let harness = try await harness(hold: .milliseconds(300))
        let expiration = try ExpirationHarness(keys: harness.keys)
        try await harness.deliver(.user(buyer), from: .users)
        try await harness.deliver(.listing(listing), from: .listings)
        try await harness.send(order(2), actor: .user(buyer.id))
        try await harness.drain()
        try await harness.runRelay()
        try await expiration.handleEvents()
        try await eventually("the timer is fired") {
            _ = await expiration.scheduler.fireDueTimers()
            return try await harness.backlog() == 1
        }
        try await harness.drain()
        #expect(try await harness.number("SELECT count(*) FROM orders.orders WHERE reason = 'expired'") == 1)
        #expect(try await ledger(harness) == [0, 3, 0, 2])
    }

    @Test func theSweepExpiresOrdersWithoutACommand() async throws {
        let harness = try await harness(hold: .milliseconds(1))
        try await harness.deliver(.user(buyer), from: .users)
        try await harness.deliver(.listing(listing), from: .listings)
        try await harness.send(order(2), actor: .user(buyer.id))
        try await harness.drain()
        let expiry = try await harness.pool.query("SELECT expires_at FROM orders.orders")[0].decode(Timestamp.self)
        let sweep = harness.timerSweep(.hold)
        #expect(try await sweep.actOnOverdue(at: expiry) == 0)
        #expect(try await sweep.actOnOverdue(at: expiry + .seconds(4)) == 1)
        #expect(try await sweep.actOnOverdue(at: expiry + .seconds(4)) == 0)
        #expect(try await harness.number("SELECT count(*) FROM orders.orders WHERE reason = 'expired'") == 1)
        #expect(try await harness.number("SELECT count(*) FROM orders.outbox WHERE type = 'OrderCancelled'") == 1)
    }

    /// An unpaid order has a currency that this build does not know.
    @Test func theSweepGoesOnBehindAnOrderThatItCannotRead() async throws {
        let harness = try await harness(hold: .milliseconds(1))
        try await harness.deliver(.user(buyer), from: .users)
        try await harness.deliver(.listing(listing), from: .listings)
        for _ in 0..<3 { try await harness.send(order(1), actor: .user(buyer.id)) }
        try await harness.drain()
        try await harness.pool.execute(
            """
            UPDATE orders.orders SET currency = 'XTS'
            WHERE id = (SELECT id FROM orders.orders ORDER BY expires_at LIMIT 1)
            """)
        let sweep = harness.timerSweep(.hold, limit: 2)
        let now = Timestamp.now() + .seconds(4)
        #expect(try await sweep.actOnOverdue(at: now) == 2)
        #expect(try await sweep.actOnOverdue(at: now) == 0)
        #expect(try await harness.number("SELECT count(*) FROM orders.orders WHERE reason = 'expired'") == 2)
        // A newer build, or an operator, has repaired the row.
        try await harness.pool.execute("UPDATE orders.orders SET currency = 'USD' WHERE currency = 'XTS'")
        #expect(try await sweep.actOnOverdue(at: now + .seconds(61)) == 1)
    }

    @Test func theDatabaseRefusesToAllocateAUnitTwice() async throws {
        let harness = try await harness()
        try await harness.deliver(.user(buyer), from: .users)
        try await harness.deliver(.listing(listing), from: .listings)
        try await harness.send(order(1), actor: .user(buyer.id))
        try await harness.drain()
        // A damaged counter allocates unit 1 again.
        try await harness.pool.execute("UPDATE orders.tickets SET held = 0, next_unit = 1")
        let second = try await harness.send(order(1), actor: .user(buyer.id))
        try await harness.drain()
        #expect(try await harness.replies(to: second).isEmpty)
        #expect(try await harness.number("SELECT count(*) FROM orders.allocations") == 1)
        #expect(try await harness.number("SELECT count(*) FROM orders.orders") == 1)
        #expect(try await harness.deadLetterCount() == 1)
    }
}
