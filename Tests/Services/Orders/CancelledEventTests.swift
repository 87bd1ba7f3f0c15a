import Marketplace
import PostgresClient
import Streams
import Testing

@testable import Services

/// The orders of listings whose performance is cancelled or postponed.
@Suite struct CancelledEventTests {
    private let harness: ServiceHarness<OrdersHandler>
    private let seller = UserState(id: .new(), status: .active, role: .member, version: 1)
    private let buyer = UserState(id: .new(), status: .active, role: .member, version: 1)
    private let listing: ListingState

    init() async throws {
        harness = try await ServiceHarness(OrdersHandler(store: OrdersStore(rules: OrdersRules())))
        listing = ListingState(
            id: .new(), sellerId: seller.id, title: "Row 1", price: 2500, currency: .usd, quantity: 1000,
            performanceId: .new(), withdrawn: false, version: 1, createdAt: .now(), updatedAt: .now())
        for user in [seller, buyer] { try await harness.deliver(.user(user), from: .users) }
        try await harness.deliver(.listing(listing), from: .listings)
        try await harness.drain()
    }

    private func suspend(_ reason: Suspension.Reason?, version: Int64 = 2) async throws {
        var state = listing
        state.suspended = reason.map { Suspension(reason: $0, wasOnSale: true) }
        state.withdrawn = reason != nil
        state.version = version
        try await harness.deliver(.listing(state), from: .listings)
        try await harness.drain()
    }

    private func send() async throws -> CommandID {
        let id = try await harness.send(
            CreateOrder(ticketId: listing.id, quantity: 1, price: nil, ticketVersion: 1, userVersion: 1),
            actor: .user(buyer.id))
        try await harness.drain()
        return id
    }

    private func hold() async throws -> OrderID {
        let id = try await send()
        #expect(try await harness.refusal(of: id) == nil)
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

    @Test func aCancelledEventEndsUnpaidOrdersInSlicesAndPaidOnesStay() async throws {
        let paid = try await hold()
        try await pay(paid, .authorized, version: 1)
        try await pay(paid, .charged, version: 2)
        try await harness.pool.execute(
            """
            INSERT INTO orders.orders (id, user_id, ticket_id, ticket_title, quantity, price, total, currency, status,
                expires_at, created_at, updated_at, version)
            SELECT gen_random_uuid(), \(buyer.id), \(listing.id), 'Row 1', 1, 2500, 2500, 'USD', 'awaiting_payment',
                now() + interval '1 hour', now(), now(), 1
            FROM generate_series(1, 450)
            """)
        let sizes = try await TransactionSizes(of: "orders.orders", on: harness.pool)
        try await suspend(.eventCancelled)
        #expect(try await harness.number("SELECT count(*) FROM orders.work") == 1)
        // The work has a separate kind: if it had the kind of a take-down, an older build would treat it as a
        // take-down.
        try await harness.runWork()
        let ended: SQL = "SELECT count(*) FROM orders.orders WHERE reason = 'event_cancelled'"
        #expect(try await harness.number(ended) == 450)
        #expect(try await order(paid).status == .complete)
        #expect(try await harness.number("SELECT count(*) FROM orders.work") == 0)
        let changes = try await sizes.summary(of: "orders.orders")
        #expect(changes.rows == 450 && changes.largest <= 200, "\(changes)")
    }

    /// The money is reserved, and no slice has ended the order yet.
    @Test func nobodyIsChargedForACancelledEvent() async throws {
        let id = try await hold()
        try await suspend(.eventCancelled)
        try await pay(id, .authorized, version: 1)
        #expect(try await order(id).reason == .eventCancelled)
    }

    @Test func nothingIsOrderedOfASuspendedListing() async throws {
        for (reason, text) in [(Suspension.Reason.postponed, "postponed"), (.eventCancelled, "cancelled")] {
            try await suspend(reason, version: reason == .postponed ? 2 : 3)
            let id = try await send()
            #expect(try await harness.refusal(of: id) == .withdrawn)
            #expect(try await harness.replies(to: id).last?.body.contains(text) == true)
        }
    }

    @Test func aPostponedEventKeepsItsHolds() async throws {
        let id = try await hold()
        try await suspend(.postponed)
        try await harness.runWork()
        #expect(try await order(id).status == .awaitingPayment)
        try await suspend(nil, version: 3)
        try await pay(id, .authorized, version: 1)
        #expect(try await order(id).status == .confirmed)
    }
}
