import Marketplace
import PostgresClient
import Streams
import Support
import Testing

@testable import Services

/// The end of a banned buyer's holds, in slices.
@Suite struct BannedBuyerTests {
    private let harness: ServiceHarness<OrdersHandler>
    private let buyer = UserState(id: .new(), status: .active, role: .member, version: 1)
    private let other = UserState(id: .new(), status: .active, role: .member, version: 1)

    init() async throws {
        harness = try await ServiceHarness(OrdersHandler(store: OrdersStore(rules: OrdersRules())))
        for user in [buyer, other] { try await harness.deliver(.user(user), from: .users) }
        try await harness.drain()
    }

    private var banned: UserState { UserState(id: buyer.id, status: .banned, role: .member, version: 2) }

    private func ban() async throws {
        try await harness.deliver(.user(banned), from: .users)
        try await harness.drain()
    }

    /// Adds a listing with this number of holds of the buyer, each of this number of units.
    @discardableResult
    private func addHolds(_ holds: Int, of units: Int) async throws -> ListingID {
        let listing = ListingID.new()
        for statement in [
            """
            INSERT INTO orders.tickets (id, seller_id, title, price, currency, offered, withdrawn, version, held,
                next_unit)
            VALUES (\(listing), gen_random_uuid(), 'Row 1', 2500, 'USD', 100000, false, 1, \(holds * units),
                \(holds * units + 1))
            """,
            """
            INSERT INTO orders.orders (id, user_id, ticket_id, ticket_title, quantity, price, total, currency, status,
                expires_at, created_at, updated_at, version)
            SELECT gen_random_uuid(), \(buyer.id), \(listing), 'Row 1', \(units), 2500, 2500 * \(units), 'USD',
                'awaiting_payment', now() + interval '1 hour', now(), now(), 1
            FROM generate_series(1, \(holds))
            """,
            """
            INSERT INTO orders.allocations (ticket_id, unit, order_id)
            SELECT \(listing), (place - 1) * \(units) + number, id
            FROM (
                SELECT id, row_number() OVER () AS place FROM orders.orders WHERE ticket_id = \(listing)
            ) AS numbered
            CROSS JOIN generate_series(1, \(units)) AS number
            """,
        ] as [SQL] {
            try await harness.pool.execute(statement)
        }
        return listing
    }

    /// The number of unpaid orders, and the number of pieces of work.
    private func left() async throws -> [Int] {
        [
            try await harness.number("SELECT count(*) FROM orders.orders WHERE status = 'awaiting_payment'"),
            try await harness.number("SELECT count(*) FROM orders.work"),
        ]
    }

    /// In an earlier version, the whole ban was one transaction. With 5,500 orders of 100 units it hit the
    /// idle-in-transaction timeout, was retried without end, and blocked all other buyers.
    @Test func aBanEndsAllHoldsInSlices() async throws {
        try await addHolds(450, of: 1)
        try await addHolds(150, of: 100)
        let sizes = try await TransactionSizes(of: "orders.orders", on: harness.pool)
        _ = try await TransactionSizes(of: "orders.free_units", on: harness.pool)
        try await ban()
        #expect(try await sizes.summary(of: "orders.orders").rows == 0)
        #expect(try await left()[1] == 1)

        try await harness.runWork()
        #expect(try await left() == [0, 0])
        #expect(try await harness.number("SELECT count(*) FROM orders.orders WHERE reason = 'buyer_banned'") == 600)
        #expect(try await harness.number("SELECT count(*) FROM orders.outbox") == 600)
        #expect(try await harness.number("SELECT count(*) FROM orders.allocations") == 0)
        #expect(try await harness.number("SELECT sum(held) FROM orders.tickets") == 0)
        let orders = try await sizes.summary(of: "orders.orders")
        #expect(orders.rows == 600 && orders.largest <= 200, "\(orders)")
        let units = try await sizes.summary(of: "orders.free_units")
        #expect(units.rows == 15_450 && units.largest <= 5100, "\(units)")
    }

    /// A ban locks only the banned user.
    @Test func anOrderInProgressDoesNotHoldUpTheBanOfAnotherBuyer() async throws {
        let listing = try await addHolds(1, of: 1)
        let moderator = try await ServiceHarness(harness.processor.handler, sharing: harness)
        let order = CreateOrder(ticketId: listing, quantity: 1, price: nil, ticketVersion: 1, userVersion: 1)
        let command = try await harness.send(order, actor: .user(other.id))
        let creation = try #require(try await harness.consumer.next())
        try await harness.deliver(.user(banned), from: .users)
        let ban = try #require(try await moderator.consumer.next())
        let creator = try await harness.holdingCommits {
            let creator = Task { try await harness.handle(creation) }
            try await harness.waitForLocks(1)
            try await moderator.handle(ban)
            return creator
        }
        try await creator.value
        #expect(try await harness.replies(to: command).map(\.outcome) == ["done"])
        #expect(try await left()[1] == 1)
    }

    /// The next sweep of any process continues with the rows that were not committed.
    @Test func anotherWorkerGoesOnWhereOneWasKilled() async throws {
        try await addHolds(500, of: 1)
        try await ban()
        let work = Work(.endHolds, buyer.id.uuid)
        #expect(try await harness.processor.perform(WorkSlice(work)) == .progressed)
        #expect(try await left() == [300, 1])
        let successor = try await ServiceHarness(harness.processor.handler, sharing: harness)
        try await successor.runWork()
        #expect(try await left() == [0, 0])
        #expect(try await harness.number("SELECT count(DISTINCT subject) FROM orders.outbox") == 500)
        #expect(try await harness.number("SELECT count(*) FROM orders.outbox") == 500)
    }

    @Test func severalWorkersEndEachHoldOnce() async throws {
        try await addHolds(700, of: 1)
        try await ban()
        let workers = [harness, try await ServiceHarness(harness.processor.handler, sharing: harness)]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in workers { group.addTask { try await worker.runWork() } }
            try await group.waitForAll()
        }
        try await harness.runWork()
        #expect(try await left() == [0, 0])
        #expect(try await harness.number("SELECT count(*) FROM orders.outbox") == 700)
        #expect(try await harness.number("SELECT max(version) FROM orders.orders") == 2)
    }

    @Test func anUnbanKeepsTheHoldsThatAreLeft() async throws {
        try await addHolds(300, of: 1)
        try await ban()
        #expect(try await harness.processor.perform(WorkSlice(Work(.endHolds, buyer.id.uuid))) == .progressed)
        var unbanned = buyer
        unbanned.version = 3
        try await harness.deliver(.user(unbanned), from: .users)
        try await harness.drain()
        try await harness.runWork()
        #expect(try await left() == [100, 0])
    }

    /// Orders of a banned seller's listing are refused before a slice withdraws it.
    @Test func aBannedSellersListingTakesNoOrder() async throws {
        let listing = ListingState(
            id: .new(), sellerId: buyer.id, title: "Row 1", price: 2500, currency: .usd, quantity: 3,
            withdrawn: false, version: 1, createdAt: .now(), updatedAt: .now())
        try await harness.deliver(.listing(listing), from: .listings)
        try await ban()
        let order = CreateOrder(ticketId: listing.id, quantity: 1, price: nil, ticketVersion: 1, userVersion: 1)
        let command = try await harness.send(order, actor: .user(other.id))
        try await harness.drain()
        #expect(try await harness.refusal(of: command) == .withdrawn)
        #expect(try await OrderReads(harness.pool).availability(of: listing.id)?.withdrawn == true)
    }
}
