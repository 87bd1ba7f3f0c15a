import Marketplace
import PostgresClient
import Streams
import Testing

@testable import Services

/// The orders of a listing that is taken down, and the frozen orders of a banned seller.
@Suite struct SuspensionTests {
    private let harness: ServiceHarness<OrdersHandler>
    private let seller = UserState(id: .new(), status: .active, role: .member, version: 1)
    private let buyer = UserState(id: .new(), status: .active, role: .member, version: 1)
    private let listing: ListingState

    init() async throws {
        harness = try await ServiceHarness(OrdersHandler(store: OrdersStore(rules: OrdersRules())))
        listing = ListingState(
            id: .new(), sellerId: seller.id, title: "Row 1", price: 2500, currency: .usd, quantity: 1000,
            withdrawn: false, version: 1, createdAt: .now(), updatedAt: .now())
        for user in [seller, buyer] { try await harness.deliver(.user(user), from: .users) }
        try await harness.deliver(.listing(listing), from: .listings)
        try await harness.drain()
    }

    private var banned: UserState {
        UserState(id: seller.id, status: .banned, role: .member, version: 2, ordersFrozen: true)
    }

    private func deliver(_ user: UserState) async throws {
        try await harness.deliver(.user(user), from: .users)
        try await harness.drain()
    }

    private func takeDown() async throws {
        var state = listing
        state.takenDown = TakeDown(reason: .scam, note: nil, wasOnSale: true)
        state.withdrawn = true
        state.version = 2
        try await harness.deliver(.listing(state), from: .listings)
        try await harness.drain()
    }

    /// Adds paid orders of one ticket each.
    private func addPaid(_ orders: Int, startsIn days: Int = 30) async throws {
        try await harness.pool.execute(
            """
            INSERT INTO orders.orders (id, user_id, ticket_id, ticket_title, starts_at, time_zone, quantity, price,
                total, currency, status, attempt, expires_at, created_at, updated_at, version)
            SELECT gen_random_uuid(), \(buyer.id), \(listing.id), 'Row 1', now() + interval '1 day' * \(days), 'UTC',
                1, 2500, 2500, 'USD', 'complete', 1, now(), now(), now(), 3
            FROM generate_series(1, \(orders))
            """)
        try await harness.pool.execute(
            "UPDATE orders.tickets SET held = held + \(orders), next_unit = next_unit + \(orders)")
    }

    private func hold() async throws -> OrderID {
        let id = try await harness.send(
            CreateOrder(ticketId: listing.id, quantity: 1, price: nil, ticketVersion: 1, userVersion: 1),
            actor: .user(buyer.id))
        try await harness.drain()
        return OrderID(id.uuid)
    }

    private func pay(_ order: OrderID, _ kind: PaymentEvent.Kind, version: Int64) async throws {
        let payment = PaymentEvent(
            kind: kind, orderId: order, attempt: 1, amount: 2500, currency: .usd, paymentIntentId: "pi_1", reason: nil)
        try await harness.deliver(
            NewEvent(payment.type, subject: order, version: version, body: payment), from: .payments)
        try await harness.drain()
    }

    private func order(_ id: OrderID) async throws -> OrderState {
        try #require(try await OrderReads(harness.pool).order(id))
    }

    private func frozen() async throws -> Int {
        try await harness.number("SELECT count(*) FROM orders.orders WHERE frozen_at IS NOT NULL")
    }

    // MARK: A listing that is taken down

    @Test func unpaidOrdersOfATakenDownListingEndInSlices() async throws {
        try await addPaid(3)
        try await harness.pool.execute(
            """
            INSERT INTO orders.orders (id, user_id, ticket_id, ticket_title, quantity, price, total, currency, status,
                expires_at, created_at, updated_at, version)
            SELECT gen_random_uuid(), \(buyer.id), \(listing.id), 'Row 1', 1, 2500, 2500, 'USD', 'awaiting_payment',
                now() + interval '1 hour', now(), now(), 1
            FROM generate_series(1, 450)
            """)
        let sizes = try await TransactionSizes(of: "orders.orders", on: harness.pool)
        try await takeDown()
        #expect(try await sizes.summary(of: "orders.orders").rows == 0)
        // A worker is killed after a slice, and another one continues.
        let work = WorkSlice(Work(.endHoldsOfListing, listing.id.uuid))
        #expect(try await harness.processor.perform(work) == .progressed)
        let successor = try await ServiceHarness(harness.processor.handler, sharing: harness)
        try await successor.runWork()
        #expect(
            try await harness.number("SELECT count(*) FROM orders.orders WHERE reason = 'listing_taken_down'") == 450)
        #expect(try await harness.number("SELECT count(*) FROM orders.orders WHERE status = 'complete'") == 3)
        #expect(try await harness.number("SELECT count(DISTINCT subject) FROM orders.outbox") == 450)
        #expect(try await harness.number("SELECT count(*) FROM orders.work") == 0)
        let changes = try await sizes.summary(of: "orders.orders")
        #expect(changes.rows == 450 && changes.largest <= 200, "\(changes)")
    }

    /// The money is reserved, and no slice has ended the order yet.
    @Test func aPaymentAfterTheTakeDownCancelsTheOrder() async throws {
        let id = try await hold()
        try await takeDown()
        try await pay(id, .authorized, version: 1)
        #expect(try await order(id).status == .cancelled)
        #expect(try await order(id).reason == .listingTakenDown)
    }

    @Test func aListingThatIsPutBackKeepsItsOrders() async throws {
        let id = try await hold()
        try await takeDown()
        var back = listing
        back.version = 3
        try await harness.deliver(.listing(back), from: .listings)
        try await harness.drain()
        try await harness.runWork()
        #expect(try await order(id).status == .awaitingPayment)
        #expect(try await harness.number("SELECT count(*) FROM orders.work") == 0)
    }

    // MARK: Frozen orders

    @Test func aBanFreezesPaidOrdersOfComingShowsInSlices() async throws {
        try await addPaid(450)
        try await addPaid(5, startsIn: -1)
        let reads = OrderReads(harness.pool)
        #expect(try await reads.paidOrders(ofSeller: seller.id) == SellerOrders(paid: 450, frozen: 0))
        let sizes = try await TransactionSizes(of: "orders.orders", on: harness.pool)
        try await deliver(banned)
        #expect(try await frozen() == 0)
        let work = WorkSlice(Work(.freezeOrders, seller.id.uuid))
        #expect(try await harness.processor.perform(work) == .progressed)
        let successor = try await ServiceHarness(harness.processor.handler, sharing: harness)
        try await successor.runWork()
        #expect(try await reads.paidOrders(ofSeller: seller.id) == SellerOrders(paid: 0, frozen: 450))
        #expect(try await harness.number("SELECT count(DISTINCT subject) FROM orders.outbox") == 450)
        #expect(try await harness.number("SELECT count(*) FROM orders.work") == 0)
        let changes = try await sizes.summary(of: "orders.orders")
        #expect(changes.rows == 450 && changes.largest <= 200, "\(changes)")

        // An order that an admin releases stays released after any other change of the account.
        let released = try #require(try await reads.frozenOrders(after: nil, limit: 1).first)
        try await harness.send(UnfreezeOrder(orderId: released.id), actor: .user(buyer.id))
        var changed = banned
        changed.version = 3
        try await deliver(changed)
        try await harness.runWork()
        #expect(try await frozen() == 449)

        var unbanned = UserState(id: seller.id, status: .active, role: .member, version: 4, ordersFrozen: false)
        try await deliver(unbanned)
        try await harness.runWork()
        #expect(try await frozen() == 0)
        unbanned.version = 5
        try await deliver(unbanned)
        try await harness.runWork()
        #expect(try await harness.number("SELECT max(version) FROM orders.orders") == 5)
    }

    @Test func aBanWithoutFreezingAndAnUnbanWithoutReleasingChangeNoOrder() async throws {
        try await addPaid(2)
        try await deliver(UserState(id: seller.id, status: .banned, role: .member, version: 2))
        try await harness.runWork()
        #expect(try await frozen() == 0)
        try await deliver(UserState(id: seller.id, status: .banned, role: .member, version: 3, ordersFrozen: true))
        try await harness.runWork()
        try await deliver(UserState(id: seller.id, status: .active, role: .member, version: 4))
        try await harness.runWork()
        #expect(try await frozen() == 2)
    }

    /// The order is being paid when the seller is banned, so no slice finds it.
    @Test func anOrderThatIsCompletedAfterTheBanIsFrozen() async throws {
        let (claimed, unpaid) = (try await hold(), try await hold())
        try await pay(claimed, .authorized, version: 1)
        try await deliver(banned)
        try await harness.runWork()
        #expect(try await frozen() == 0)
        try await pay(claimed, .charged, version: 2)
        #expect(try await order(claimed).status == .complete)
        #expect(try await order(claimed).frozenAt != nil)
        // A payment that is authorised after the ban cancels its order.
        try await pay(unpaid, .authorized, version: 1)
        #expect(try await order(unpaid).reason == .listingTakenDown)
    }
}
