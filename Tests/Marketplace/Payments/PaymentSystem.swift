@testable import Marketplace

/// A small model around one order: the orders service, both event streams, Stripe with its idempotency keys, a worker's
/// calls, and the buyer. The payments service is the real code.
///
/// Times and counters are normalized, so that the number of states is finite and all of them can be visited.
struct PaymentSystem: Hashable {
    /// One Checkout Session at Stripe.
    struct Page: Hashable {
        enum Status { case open, complete, expired }
        enum Intent { case none, unpaid, authorized, canceled, captured, refunded }
        var status = Status.open
        var intent = Intent.none
    }

    struct EmittedEvent: Hashable {
        var kind: PaymentEvent.Kind
        var attempt: Int
    }

    struct PendingCall: Hashable {
        var call: PaymentCall.Name
        var outcome: PaymentOutcome
    }

    struct Poll: Hashable {
        var attempt: Int
        var snapshot: PaymentSnapshot
        /// The attempt when the poll began. If it has changed since, the snapshot is discarded.
        var attemptBefore: PaymentAttempt
    }

    // The orders service.
    var order: OrderState
    // The streams: undelivered events, in any order.
    var toPayments: Set<OrderState> = []
    var toOrders: Set<EmittedEvent> = []
    // Payments.
    var copy: PayableOrder
    var attempts: [PaymentAttempt] = []
    var calls: [PaymentCall] = []
    var waiters: [PaymentWaiter] = []
    // Stripe, by session.
    var pages: [String: Page] = [:]
    var storedResponses: [PaymentCall.Name: PaymentOutcome] = [:]
    // Workers.
    var pendingCalls: Set<PendingCall> = []
    var poll: Poll?
    // How often each of these bounded events may still happen.
    var starts = 2
    var faults = 1
    var lapses = 1
    var declines = 1
    var byHand = 0

    /// The broken invariants on the path to this state.
    var breaches: [String] = []

    static let now = Timestamp(seconds: 1_800_000_000)

    init() {
        let id = OrderID("018f0000-0000-7000-8000-000000000001")!
        let user = UserID("018f0000-0000-7000-8000-000000000002")!
        let ticket = ListingID("018f0000-0000-7000-8000-000000000003")!
        order = OrderState(
            id: id, userId: user, ticketId: ticket, ticketTitle: "A ticket", quantity: 2, price: 2500, total: 5000,
            currency: .usd, status: .awaitingPayment, reason: nil, attempt: nil,
            expiresAt: Self.now + .seconds(900), createdAt: Self.now, updatedAt: Self.now, version: 1)
        copy = PayableOrder(order)
    }

    var payments: OrderPayments {
        OrderPayments(order: copy, attempts: attempts, calls: calls, waiters: waiters, times: PaymentTimes())
    }

    /// Stores a decision of the payments service and publishes its events.
    mutating func store(_ payments: OrderPayments) {
        var payments = payments
        for event in payments.takeEvents() {
            guard let body = event.body as? PaymentEvent else { continue }
            check(body)
            toOrders.insert(EmittedEvent(kind: body.kind, attempt: body.attempt))
        }
        copy = payments.order
        copy.eventVersion = 0
        attempts = payments.attempts.map { attempt in
            var attempt = attempt
            attempt.polls = 0
            attempt.pollFailures = 0
            attempt.sessionExpiresAt = Self.now + .seconds(3600)
            attempt.pollAt = attempt.pollAt.map { _ in Self.now }
            return attempt
        }
        calls = payments.calls.map { call in
            var call = call
            call.dueAt = Self.now
            call.createdAt = Self.now
            call.runs = min(call.runs, 1)
            call.failures = 0
            call.error = nil
            return call
        }
        waiters = payments.waiters
        checkAttempts()
    }
}

// MARK: - Invariants of every state

extension PaymentSystem {
    private mutating func check(_ event: PaymentEvent) {
        let page = page(of: event.attempt)
        switch event.kind {
        case .failed:
            if let page, page.status == .open { breaches.append("failed is emitted while the page is open") }
            if let page, [.unpaid, .authorized, .captured].contains(page.intent) {
                breaches.append("failed is emitted while the intent is \(page.intent)")
            }
        case .charged:
            if page?.intent != .captured && page?.intent != .refunded {
                breaches.append("charged is emitted of \(String(describing: page))")
            }
        case .refunded:
            if page?.intent != .refunded { breaches.append("refunded is emitted of \(String(describing: page))") }
        case .authorized:
            if page == nil || page?.intent == PaymentSystem.Page.Intent.none || page?.intent == .unpaid {
                breaches.append("authorized is emitted of \(String(describing: page))")
            }
        }
    }

    private mutating func checkAttempts() {
        if attempts.count(where: { !$0.state.isFinal }) > 1 { breaches.append("two attempts are active") }
        for attempt in attempts {
            let unfinished = calls.count { $0.attempt == attempt.number && $0.state == .pending }
            if unfinished > 1 { breaches.append("attempt \(attempt.number) has two unfinished calls") }
            if attempt.state.isFinal {
                if unfinished > 0 { breaches.append("an ended attempt has a call") }
                if attempt.pollAt != nil { breaches.append("an ended attempt is polled") }
            } else if attempt.state != .captured, unfinished == 0, attempt.pollAt == nil {
                breaches.append("attempt \(attempt.number) is \(attempt.state) and is never polled again")
            }
        }
    }

    func page(of attempt: Int) -> Page? {
        attempts.first { $0.number == attempt }?.sessionId.flatMap { pages[$0] }
    }
}

// MARK: - Orders

extension PaymentSystem {
    mutating func cancelOrder() {
        order.status = .cancelled
        order.reason = .cancelledByBuyer
        publishOrder()
    }

    private mutating func publishOrder() {
        order.version += 1
        toPayments.insert(order)
    }

    /// Decides like the orders service (`OrdersDecider`).
    mutating func deliver(_ emitted: EmittedEvent) {
        toOrders.remove(emitted)
        switch (emitted.kind, order.status) {
        case (.authorized, .awaitingPayment):
            order.status = .confirmed
            order.attempt = emitted.attempt
        case (.charged, .confirmed) where order.attempt == emitted.attempt:
            order.status = .complete
        case (.failed, .confirmed) where order.attempt == emitted.attempt:
            order.status = .cancelled
            order.reason = .paymentFailed
        case (.refunded, .complete) where order.attempt == emitted.attempt,
            (.refunded, .confirmed) where order.attempt == emitted.attempt:
            order.status = .refunded
        default: return
        }
        publishOrder()
    }
}

// MARK: - Stripe

extension PaymentSystem {
    func snapshot(of session: String) -> PaymentSnapshot {
        let page = pages[session] ?? Page(status: .expired)
        let attempt = Int(session.split(separator: "_")[1])
        let status: SessionSnapshot.Status =
            switch page.status {
            case .open: .open
            case .complete: .complete
            case .expired: .expired
            }
        var intent: IntentSnapshot?
        if page.intent != .none {
            intent = IntentSnapshot(
                id: "pi_\(session)", status: .unpaid, amount: order.total, amountCapturable: 0, amountReceived: 0,
                amountRefunded: 0, currency: "usd", orderId: order.id, attempt: attempt, reason: nil)
        }
        switch page.intent {
        case .none, .unpaid: break
        case .authorized:
            intent?.status = .requiresCapture
            intent?.amountCapturable = order.total
        case .canceled: intent?.status = .canceled
        case .captured, .refunded:
            intent?.status = .succeeded
            intent?.amountReceived = order.total
            if page.intent == .refunded { intent?.amountRefunded = order.total }
        }
        return PaymentSnapshot(
            session: SessionSnapshot(
                id: session, status: status, url: "https://pay/\(session)", expiresAt: Self.now + .seconds(3600),
                intentId: intent?.id, amount: order.total, currency: "usd", orderId: order.id, attempt: attempt),
            intent: intent)
    }

    /// Executes a call at Stripe, once for each key.
    mutating func respond(_ name: PaymentCall.Name, declining: Bool) -> PaymentOutcome {
        if let stored = storedResponses[name] {
            // After a refusal, the caller fetches the current state.
            if case .refused(let code, .some) = stored, let session = session(of: name.attempt) {
                return .refused(code: code, snapshot(of: session))
            }
            return stored
        }
        let outcome = perform(name, declining: declining)
        storedResponses[name] = outcome
        return outcome
    }

    private func session(of attempt: Int) -> String? { attempts.first { $0.number == attempt }?.sessionId }

    private mutating func perform(
        _ name: PaymentCall.Name, declining: Bool
    ) -> PaymentOutcome {
        if name.operation == .createSession {
            let session = "cs_\(name.attempt)_\(name.try)"
            pages[session] = Page()
            return .done(snapshot(of: session))
        }
        guard let session = session(of: name.attempt), var page = pages[session] else {
            breaches.append("\(name.operation) of an unknown page")
            return .refused(code: "resource_missing", nil)
        }
        switch (name.operation, page.status, page.intent) {
        case (.expireSession, .open, _):
            page.status = .expired
            if page.intent == .unpaid { page.intent = .canceled }
        case (.cancelIntent, _, .authorized), (.cancelIntent, .complete, .unpaid), (.cancelIntent, .expired, .unpaid):
            page.intent = .canceled
        case (.capture, _, .authorized):
            guard order.status == .confirmed, order.attempt == name.attempt else {
                breaches.append("captured while the order is \(order.status)")
                return .refused(code: "breach", nil)
            }
            if declining { return .refused(code: "card_declined", snapshot(of: session)) }
            page.intent = .captured
        case (.refund, _, .captured):
            page.intent = .refunded
            pages[session] = page
            return .refunded
        default:
            return .refused(code: "unexpected_state", snapshot(of: session))
        }
        pages[session] = page
        let snapshot = snapshot(of: session)
        return .done(
            name.operation == .expireSession ? snapshot : PaymentSnapshot(session: nil, intent: snapshot.intent))
    }
}
