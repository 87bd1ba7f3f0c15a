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

@testable import Services

/// The payments service with a real database, a real sandbox, and the decisions of the orders service. Nothing runs in
/// the background: a test runs each step.
final class PaymentsHarness: Sendable {
    let sandbox: SandboxServer
    let pool: PostgresPool
    let processor: BatchProcessor<PaymentsHandler>
    let effects: StripeEffects
    let runner: EffectRunner<StripeEffects>
    private let relay = Wakeup()
    let dependencies: PaymentsDependencies
    /// The runner's client for the sandbox.
    let stripe: GatedStripeClient
    let order: OrderID
    let buyer: UserID
    private let orders: Mutex<OrdersDecider>
    /// The last outbox row that the orders service has handled.
    private let handledByOrders = Mutex(Int64(0))
    private let replies: ReplyLog
    private let clock: ShiftedClock

    /// The replies that were sent.
    final class ReplyLog: Sendable {
        let messages = Mutex<[ReplyMessage]>([])
        let onSend = Mutex<@Sendable () -> Void>({})
    }

    /// A clock that a test can advance.
    final class ShiftedClock: Sendable {
        private let offset = Mutex(Duration.zero)
        var now: Timestamp { .now() + offset.withLock { $0 } }
        func advance(_ duration: Duration) { offset.withLock { $0 += duration } }
    }

    private static var logger: Logger {
        var logger = Logger(label: "payments")
        logger.logLevel = .critical
        return logger
    }

    init(hold: Duration = .seconds(900), concurrency: Int = 4) async throws {
        let curl = CurlClient()
        sandbox = try await SandboxServer.start(curl: curl)
        pool = PostgresPool(
            try PostgresConfiguration(url: try await TestServers.freshDatabase()), size: concurrency)
        let (replies, clock) = (ReplyLog(), ShiftedClock())
        (self.replies, self.clock) = (replies, clock)
        let logger = Self.logger
        dependencies = PaymentsDependencies(
            store: PaymentsStore(times: PaymentTimes()),
            requests: StripeRequestBuilder(publicURL: "http://gittix.test"),
            replies: PaymentReplies(
                post: { messages in
                    replies.messages.withLock { $0 += messages }
                    replies.onSend.withLock { $0 }()
                }, logger: logger))
        let client = StripeClient(
            StripeConfiguration(secretKey: SandboxServer.key, apiBase: sandbox.url, timeout: .seconds(10)), curl: curl)
        let stripe = GatedStripeClient(client: client)
        self.stripe = stripe
        processor = BatchProcessor(
            handler: PaymentsHandler(dependencies), pool: pool, storage: dependencies.storage,
            senders: CommandSenders(authenticator: .test), relay: relay, logger: logger, clock: { clock.now })
        effects = StripeEffects(
            dependencies,
            caller: StripeCaller(logger: logger) { request throws(StripeError) in try await stripe.send(request) })
        runner = EffectRunner(
            effects, pool: pool, relay: relay, logger: logger, clock: { clock.now })

        let now = Timestamp.now()
        (order, buyer) = (.new(), .new())
        let (seller, ticket) = (UserID.new(), ListingID.new())
        let state = OrderState(
            id: order, userId: buyer, ticketId: ticket, ticketTitle: "Row 7 & seat 3", quantity: 2, price: 2500,
            total: 5000, currency: .usd, status: .awaitingPayment, reason: nil, attempt: nil, expiresAt: now + hold,
            createdAt: now, updatedAt: now, version: 1)
        orders = Mutex(
            OrdersDecider(
                users: [buyer, seller].map { UserCopy(id: $0, status: .active, version: 1) },
                listings: [
                    ListingCopy(
                        id: ticket, sellerId: seller, title: state.ticketTitle, price: 2500, currency: .usd,
                        offered: 2, withdrawn: false, version: 1, held: 2, nextUnit: 3)
                ],
                orders: [state],
                allocations: [1, 2].map { Allocation(ticketId: ticket, unit: $0, orderId: state.id) }, free: [:],
                rules: OrdersRules()))
        try await processor.perform([.event(EventHead(id: .new(), version: 1, at: now), .order(PayableOrder(state)))])
    }
}

// MARK: - Steps of a test

extension PaymentsHarness {
    var now: Timestamp { clock.now }

    /// Returns a second runner, which waits no longer than this for an unavailable database.
    func runner(storeTimeout: Duration) -> EffectRunner<StripeEffects> {
        var settings = EffectRunner<StripeEffects>.Settings()
        settings.storeTimeout = storeTimeout
        return EffectRunner(
            effects, pool: pool, relay: relay, logger: Self.logger, settings: settings, clock: { [clock] in clock.now })
    }

    func advance(_ duration: Duration) { clock.advance(duration) }

    /// Decides on a `StartPayment`, without a call to Stripe.
    @discardableResult
    func start(_ id: CommandID = .new(), order: OrderID? = nil) async throws -> CommandID {
        try await processor.perform([
            .command(
                CommandHead(id: id, actor: .user(buyer), at: now, reply: "api-1"),
                .startPayment(StartPayment(orderId: order ?? self.order, orderVersion: 1)))
        ])
        return id
    }

    /// Creates more orders of the buyer, without the orders service.
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
            orders.map { .event(EventHead(id: .new(), version: 1, at: now), .order(PayableOrder($0))) })
        return orders.map(\.id)
    }

    /// Handles a `StartPayment`, and returns the page that it opens.
    func openPage() async throws -> Checkout {
        let id = try await start()
        try await callStripe()
        return try page(in: reply(to: id)?.body)
    }

    func page(in body: [UInt8]?) throws -> Checkout {
        guard let body, let page = try? JSONDecoder().decode(Checkout.self, from: Data(body)) else {
            throw SupportError("no page was opened")
        }
        return page
    }

    func reply(to id: CommandID) -> Reply? { replies.messages.withLock { $0 }.last { $0.reply.id == id }?.reply }

    func onReply(_ action: @escaping @Sendable () -> Void) { replies.onSend.withLock { $0 = action } }

    /// Handles the hint of a webhook.
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

    /// Handles an operator's command to try the order's stuck calls again.
    func retryStuckCalls() async throws {
        try await processor.perform([
            .command(
                CommandHead(id: .new(), actor: .operator, at: now), .retryPayment(RetryPayment(orderId: order)))
        ])
    }

    /// Cancels the order, and delivers the event to payments.
    func cancelOrder() async throws {
        let head = CommandHead(id: .new(), actor: .user(buyer), at: now)
        let decision = orders.withLock {
            $0.decide(.command(head, .cancelOrder(CancelOrder(orderId: order))), now: now)
        }
        try await deliver(decision.events)
    }

    var orderState: OrderState? { orders.withLock { $0.orders[order] } }

    /// Runs due calls and polls, and those that follow, until none is due.
    func callStripe() async throws {
        while true {
            let due = try await lease().effects
            guard !due.isEmpty else { return }
            await withDiscardingTaskGroup { group in
                for effect in due { group.addTask { await self.run(effect) } }
            }
        }
    }

    /// Runs a leased call or poll, and stores its outcome.
    func run(_ effect: StripeEffect) async {
        await runner.store([(effect, await effects.perform(effect, at: now))])
    }

    /// Leases due calls and polls, like a worker that may then be killed.
    func lease() async throws -> LeasedEffects<StripeEffect> {
        try await dependencies.store.lease(
            limit: 16, now: now, until: now + dependencies.leaseDuration, on: pool)
    }

    /// Calls Stripe and delivers events in both directions until nothing is left to do.
    func settle() async throws {
        while true {
            try await callStripe()
            let events = try await decideOrders()
            guard !events.isEmpty else { return }
            try await deliver(events)
        }
    }

    /// Like ``settle()``, but also advances the clock, so that retries and polls become due.
    func settle(within duration: Duration) async throws {
        for _ in 0..<20 {
            try await settle()
            advance(duration / 20)
        }
        try await settle()
    }

    /// Delivers new events in both directions, without a call to Stripe.
    func deliverEvents() async throws { try await deliver(try await decideOrders()) }

    /// Handles the new events of payments in the orders service, and returns its events.
    private func decideOrders() async throws -> [NewEvent] {
        let rows = try await pool.withConnection { connection in
            try await dependencies.storage.outbox.read(
                after: handledByOrders.withLock { $0 }, limit: 100, on: connection)
        }
        guard let last = rows.last else { return [] }
        handledByOrders.withLock { $0 = last.id }
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
                    .event(EventHead(id: .new(), version: event.version, at: now), .order(PayableOrder($0)))
                }
            })
    }

    // MARK: Stored state

    func states(of other: OrderID? = nil) async throws -> [String] {
        try await pool.query("SELECT state FROM payments.attempts WHERE order_id = \(other ?? order) ORDER BY number")
            .decode(String.self)
    }

    /// Returns the calls, such as `capture 1 done`.
    func calls() async throws -> [String] {
        try await pool.query(
            "SELECT concat_ws(' ', operation, try, state) FROM payments.calls WHERE order_id = \(order) ORDER BY created_at"
        ).decode(String.self)
    }

    /// Returns the types of the published events.
    func eventTypes() async throws -> [String] {
        try await pool.query("SELECT type FROM payments.outbox ORDER BY id").decode(String.self)
    }

    func record() async throws -> SandboxServer.Record { try await sandbox.record(of: order) }
}

extension LeasedEffects<StripeEffect> {
    var calls: [StripeEffect] { effects.filter { if case .call = $0.work { true } else { false } } }
    var polls: [StripeEffect] { effects.filter { if case .poll = $0.work { true } else { false } } }
}

extension StripeEffect {
    var call: Call? { if case .call(let call) = work { call } else { nil } }
}
