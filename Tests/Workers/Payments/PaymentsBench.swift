import CurlClient
import Foundation
import Logging
import Marketplace
import PostgresClient
import Storage
import Streams
import Stripe
import Support
import Synchronization

@testable import Workers

/// The payments service on a real database and a real sandbox, beside the orders service's decisions, one step at a
/// time: nothing runs that the test did not ask to.
final class PaymentsBench: Sendable {
    let sandbox: SandboxServer
    let pool: PostgresPool
    let processor: BatchProcessor<PaymentsHandler>
    let runner: PaymentsRunner
    let parts: PaymentsParts
    /// Stands between the runner and the sandbox.
    let wire: Wire
    let order: OrderID
    let buyer: UserID
    private let orders: Mutex<OrdersDesk>
    private let heard = Mutex(Int64(0))
    private let posted: Posted
    private let shift: Shift

    /// What has been replied to whom.
    final class Posted: Sendable {
        let replies = Mutex<[ReplyMessage]>([])
        let whenPosted = Mutex<@Sendable () -> Void>({})
    }

    /// How far the clock is ahead.
    final class Shift: Sendable {
        private let ahead = Mutex(Duration.zero)
        var now: Timestamp { .now() + ahead.withLock { $0 } }
        func advance(_ duration: Duration) { ahead.withLock { $0 += duration } }
    }

    init(hold: Duration = .seconds(900), concurrency: Int = 4) async throws {
        let curl = CurlClient()
        sandbox = try await SandboxServer.start(curl: curl)
        pool = PostgresPool(
            try PostgresConfiguration(url: try await TestServers.freshDatabase()), size: concurrency)
        let (posted, shift) = (Posted(), Shift())
        (self.posted, self.shift) = (posted, shift)
        var logger = Logger(label: "payments")
        logger.logLevel = .critical
        parts = PaymentsParts(
            store: PaymentsStore(times: PaymentTimes()), requests: StripeRequests(publicURL: "http://gittix.test"),
            replies: PaymentReplies(
                post: { messages in
                    posted.replies.withLock { $0 += messages }
                    posted.whenPosted.withLock { $0 }()
                }, logger: logger))
        let client = StripeClient(
            StripeConfiguration(secretKey: SandboxServer.key, apiBase: sandbox.url, timeout: .seconds(10)), curl: curl)
        let wire = Wire(client: client)
        self.wire = wire
        let relay = Signal()
        processor = BatchProcessor(
            handler: PaymentsHandler(parts), pool: pool, storage: parts.storage, relay: relay, logger: logger,
            clock: { shift.now })
        runner = PaymentsRunner(
            parts, pool: pool,
            caller: StripeCaller(logger: logger) { request throws(StripeError) in try await wire.send(request) },
            relay: relay, logger: logger, clock: { shift.now })

        let now = Timestamp.now()
        (order, buyer) = (.new(), .new())
        let (seller, ticket) = (UserID.new(), TicketID.new())
        let state = OrderState(
            id: order, userId: buyer, ticketId: ticket, ticketTitle: "Row 7 & seat 3", quantity: 2, price: 2500,
            total: 5000, currency: .usd, status: .awaitingPayment, reason: nil, attempt: nil, expiresAt: now + hold,
            createdAt: now, updatedAt: now, version: 1)
        orders = Mutex(
            OrdersDesk(
                users: [buyer, seller].map { UserCopy(id: $0, status: .active, version: 1) },
                offers: [
                    TicketOffer(
                        id: ticket, sellerId: seller, title: state.ticketTitle, price: 2500, currency: .usd,
                        offered: 2, withdrawn: false, version: 1, held: 2, nextUnit: 3)
                ],
                orders: [state],
                allocations: [1, 2].map { Allocation(ticketId: ticket, unit: $0, orderId: state.id) }, free: [:],
                rules: OrdersRules()))
        try await processor.perform([.event(EventHead(id: .new(), version: 1, at: now), .order(state))])
    }
}

// MARK: - What a test does

extension PaymentsBench {
    var now: Timestamp { shift.now }

    func advance(_ duration: Duration) { shift.advance(duration) }

    /// `StartPayment`, taken in but not carried out.
    @discardableResult
    func start(_ id: CommandID = .new(), order: OrderID? = nil) async throws -> CommandID {
        try await processor.perform([
            .command(
                CommandHead(id: id, actor: .user(buyer), at: now, reply: "api-1"),
                .startPayment(StartPayment(orderId: order ?? self.order, orderVersion: 1)))
        ])
        return id
    }

    /// Others of the same buyer's, which orders knows nothing of.
    func moreOrders(_ count: Int) async throws -> [OrderID] {
        let now = now
        let orders = (0..<count).map { _ in
            OrderState(
                id: .new(), userId: buyer, ticketId: .new(), ticketTitle: "Row 8", quantity: 1, price: 2500,
                total: 2500,
                currency: .usd, status: .awaitingPayment, reason: nil, attempt: nil, expiresAt: now + .seconds(900),
                createdAt: now, updatedAt: now, version: 1)
        }
        try await processor.perform(
            orders.map { .event(EventHead(id: .new(), version: 1, at: now), .order($0)) })
        return orders.map(\.id)
    }

    /// `StartPayment`, and the page that it leads to.
    func openPage() async throws -> Checkout {
        let id = try await start()
        try await ask()
        return try page(in: reply(to: id)?.body)
    }

    func page(in body: [UInt8]?) throws -> Checkout {
        guard let body, let page = try? JSONDecoder().decode(Checkout.self, from: Data(body)) else {
            throw SupportError("no page was opened")
        }
        return page
    }

    func reply(to id: CommandID) -> Reply? { posted.replies.withLock { $0 }.last { $0.reply.id == id }?.reply }

    func onPost(_ action: @escaping @Sendable () -> Void) { posted.whenPosted.withLock { $0 = action } }

    /// A webhook of Stripe's has come.
    func hint(_ type: String = "checkout.session.completed", object: String = "") async throws {
        try await processor.perform([
            .command(
                CommandHead(id: .new(), actor: .stripe, at: now),
                .receiveStripeEvent(
                    ReceiveStripeEvent(
                        eventId: "evt_1", eventType: type, objectId: object, orderId: object.isEmpty ? order : nil,
                        attempt: nil)))
        ])
    }

    /// Orders cancels, and payments hears of it.
    func cancelOrder() async throws {
        let head = CommandHead(id: .new(), actor: .user(buyer), at: now)
        let decision = orders.withLock {
            $0.decide(.command(head, .cancelOrder(CancelOrder(orderId: order))), now: now)
        }
        try await deliver(decision.events)
    }

    var orderState: OrderState? { orders.withLock { $0.orders[order] } }

    /// Asks Stripe all that is due, and what follows from it, until nothing is.
    func ask() async throws {
        while true {
            let due = try await lease()
            guard !due.calls.isEmpty || !due.looks.isEmpty else { return }
            await withDiscardingTaskGroup { group in
                for call in due.calls { group.addTask { await self.ask(.call(call)) } }
                for look in due.looks { group.addTask { await self.ask(.look(look)) } }
            }
        }
    }

    /// Asks, and stores what came of it.
    func ask(_ item: StripeWork.Item) async { await runner.store([await runner.finding(of: item)]) }

    /// What is due, for a worker that may then be killed.
    func lease() async throws -> (calls: [LeasedCall], looks: [LeasedLook]) {
        try await parts.store.lease(limit: 16, now: now, until: now + parts.lease, on: pool)
    }

    /// Carries events to and fro and asks Stripe until all is quiet.
    func settle() async throws {
        while true {
            try await ask()
            let news = try await hear()
            guard !news.isEmpty else { return }
            try await deliver(news)
        }
    }

    /// The same, with time passing, so that retries and looks come due.
    func settle(within duration: Duration) async throws {
        for _ in 0..<20 {
            try await settle()
            advance(duration / 20)
        }
        try await settle()
    }

    /// Carries what payments has told to orders, and back, without asking Stripe.
    func hearOnce() async throws { try await deliver(try await hear()) }

    /// What orders makes of what payments has told since the last time.
    private func hear() async throws -> [NewEvent] {
        let rows = try await pool.withConnection { connection in
            try await parts.storage.outbox.read(after: heard.withLock { $0 }, limit: 100, on: connection)
        }
        guard let last = rows.last else { return [] }
        heard.withLock { $0 = last.id }
        return try rows.flatMap { row in
            let event = try JSONDecoder().decode(PaymentEvent.self, from: Data(row.event.body))
            let head = EventHead(id: EventID(row.event.id), version: row.event.version, at: row.event.at)
            return orders.withLock { $0.decide(.event(head, .payment(event)), now: now).events }
        }
    }

    private func deliver(_ events: [NewEvent]) async throws {
        try await processor.perform(
            events.compactMap { event in
                (event.body as? OrderState).map {
                    .event(EventHead(id: .new(), version: event.version, at: now), .order($0))
                }
            })
    }

    // MARK: What is stored

    func states(of other: OrderID? = nil) async throws -> [String] {
        try await pool.query("SELECT state FROM payments.attempts WHERE order_id = \(other ?? order) ORDER BY number")
            .decode(String.self)
    }

    /// `capture 1 done`
    func calls() async throws -> [String] {
        try await pool.query(
            "SELECT concat_ws(' ', operation, try, state) FROM payments.calls WHERE order_id = \(order) ORDER BY created_at"
        ).decode(String.self)
    }

    func told() async throws -> [String] {
        try await pool.query("SELECT type FROM payments.outbox ORDER BY id").decode(String.self)
    }

    func record() async throws -> SandboxServer.Record { try await sandbox.record(of: order) }
}
