import Marketplace
import PostgresClient
import Streams
import Support
import Testing

@testable import Services

/// The limits on the holds of one buyer, counted in the database.
@Suite struct HoldLimitsStoreTests {
    private let buyer = UserState(id: .new(), status: .active, role: .member, version: 1)
    private let listing = ListingState(
        id: .new(), sellerId: .new(), title: "Row 1", price: 2500, currency: .usd, quantity: 1000, withdrawn: false,
        version: 1, createdAt: .now(), updatedAt: .now())

    private func harness(_ limits: HoldLimits, hold: Duration = .seconds(900)) async throws -> ServiceHarness<
        OrdersHandler
    > {
        let rules = OrdersRules(holdLength: hold, limits: limits)
        let harness = try await ServiceHarness(OrdersHandler(store: OrdersStore(rules: rules)))
        try await harness.deliver(.user(buyer), from: .users)
        try await harness.deliver(.listing(listing), from: .listings)
        try await harness.drain()
        return harness
    }

    /// Orders units, one command in each batch.
    private func order(_ quantity: Int, in harness: ServiceHarness<OrdersHandler>) async throws -> Refusal.Code? {
        let id = try await harness.send(command(quantity), actor: .user(buyer.id))
        try await harness.drain()
        return try await harness.refusal(of: id)
    }

    private func command(_ quantity: Int) -> CreateOrder {
        CreateOrder(ticketId: listing.id, quantity: quantity, price: nil, ticketVersion: 1, userVersion: 1)
    }

    /// Without the limits, ten orders of 100 units by one buyer could hold a listing of 1,000 units, and repeat this
    /// every 15 minutes.
    @Test func oneBuyerCannotHoldAWholeListing() async throws {
        let harness = try await harness(HoldLimits())
        for _ in 1...10 { #expect(try await order(100, in: harness) == .tooManyUnits) }
        for _ in 1...4 { #expect(try await order(5, in: harness) == nil) }
        #expect(try await order(1, in: harness) == .tooManyUnits)
        #expect(try await harness.number("SELECT held FROM orders.tickets") == 20)
    }

    @Test func paidUnitsCountAndCancelledOnesDoNot() async throws {
        let harness = try await harness(HoldLimits(openHolds: nil, unitsOfListing: 6))
        for _ in 1...3 { #expect(try await order(2, in: harness) == nil) }
        #expect(try await order(1, in: harness) == .tooManyUnits)
        try await harness.pool.execute(
            """
            UPDATE orders.orders SET status = 'complete', attempt = 1
            WHERE id = (SELECT min(id::text)::uuid FROM orders.orders)
            """)
        #expect(try await order(1, in: harness) == .tooManyUnits)
        let unpaid = try await harness.pool.query(
            "SELECT id FROM orders.orders WHERE status = 'awaiting_payment' LIMIT 1")[0].decode(OrderID.self)
        try await harness.send(CancelOrder(orderId: unpaid), actor: .user(buyer.id))
        #expect(try await order(2, in: harness) == nil)
        #expect(try await order(1, in: harness) == .tooManyUnits)
    }

    /// Two workers each have a batch. The second worker counts the orders that the first has committed.
    @Test func concurrentOrdersDoNotExceedTheLimit() async throws {
        let harness = try await harness(HoldLimits(openHolds: 3))
        try await harness.race(command(1), actor: .user(buyer.id))
        #expect(try await harness.number("SELECT count(*) FROM orders.orders") == 3)
    }

    /// The lapse is stored with the buyer, in the transaction that ends the hold.
    @Test func lapsedHoldsStopNewOnes() async throws {
        let harness = try await harness(HoldLimits(lapses: 2), hold: .milliseconds(1))
        let sweep = harness.timerSweep(.hold)
        for lapsed in 1...3 {
            #expect(try await order(1, in: harness) == (lapsed < 3 ? nil : .holdsLapsed))
            harness.clock.advance(by: .seconds(10))
            _ = try await sweep.actOnOverdue(at: harness.clock.now())
        }
        #expect(try await harness.number("SELECT array_length(lapsed_at, 1) FROM orders.users") == 2)
        harness.clock.advance(by: .seconds(3600))
        #expect(try await order(1, in: harness) == nil)
    }

    /// The time of the free cancellation is stored in the buyer's row, in the transaction that cancels the order.
    @Test func ordersThatAreCancelledAgainAndAgainStopNewOnes() async throws {
        let harness = try await harness(HoldLimits(lapses: 2))
        for cancelled in 1...3 {
            #expect(try await order(1, in: harness) == nil)
            let order = try await harness.number("SELECT count(*) FROM orders.orders")
            #expect(order == cancelled)
            let id = try await harness.pool.query(
                "SELECT id FROM orders.orders WHERE status = 'awaiting_payment'"
            ).first?.decode("id", as: OrderID.self)
            try await harness.send(CancelOrder(orderId: try #require(id)), actor: .user(buyer.id))
            try await harness.drain()
        }
        #expect(try await harness.number("SELECT array_length(lapsed_at, 1) FROM orders.users") == 2)
        #expect(try await harness.number("SELECT count(cancelled_free_at) FROM orders.users") == 1)
        #expect(try await order(1, in: harness) == .holdsLapsed)
    }

    /// A buyer's past orders are not read: the counts use indexes of unpaid and paid orders, and stop at the limit.
    @Test func pastOrdersOfABuyerCostNothing() async throws {
        let harness = try await harness(HoldLimits())
        try await harness.pool.execute(
            """
            INSERT INTO orders.orders (id, user_id, ticket_id, ticket_title, quantity, price, total, currency, status,
                reason, attempt, expires_at, created_at, updated_at, version)
            SELECT gen_random_uuid(), \(buyer.id),
                CASE WHEN number % 2 = 0 THEN \(listing.id) ELSE gen_random_uuid() END, 'Row 1', 1, 2500, 2500,
                'USD', CASE WHEN number % 2 = 0 THEN 'cancelled' ELSE 'complete' END,
                CASE WHEN number % 2 = 0 THEN 'expired' END, 1, now(), now(), now(), 3
            FROM generate_series(1, 20000) AS number
            """)
        try await harness.pool.execute("ANALYZE orders.orders")
        let ids = OrdersStore.ReferencedIDs([
            .command(CommandHead(id: .new(), actor: .user(buyer.id), at: .now()), .createOrder(command(1)))
        ])
        let store = harness.processor.handler.store
        let query = try #require(store.countedOrders(ofBuyersIn: ids))
        let plan = try await harness.pool.query("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) \(query)")
            .decode(String.self).joined(separator: "\n")
        for index in ["orders_unpaid_of_user", "orders_paid_of_user"] { #expect(plan.contains(index), "\(plan)") }
        #expect(!plan.contains("Seq Scan on orders") && !plan.contains("Rows Removed by Filter"), "\(plan)")
        let pages = try #require(plan.firstMatch(of: /Buffers: shared hit=(\d+)/).flatMap { Int($0.1) })
        #expect(pages < 80, "\(plan)")
        #expect(try await order(1, in: harness) == nil)
    }
}
