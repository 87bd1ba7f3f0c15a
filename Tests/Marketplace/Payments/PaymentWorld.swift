@testable import Marketplace

/// A small model of everything around one order: the orders service, the two event streams, Stripe with its idempotency
/// keys, a worker's calls on their way, and the buyer. What payments does in it is the real code.
///
/// Values of time and of counting are flattened, so that the number of different worlds is finite and all of them can
/// be visited.
struct PaymentWorld: Hashable {
    /// Stripe's side of one Checkout Session.
    struct Page: Hashable {
        enum Status { case open, complete, expired }
        enum Intent { case none, unpaid, held, canceled, taken, givenBack }
        var status = Status.open
        var intent = Intent.none
    }

    struct Told: Hashable {
        var kind: PaymentEvent.Kind
        var attempt: Int
    }

    struct OnItsWay: Hashable {
        var call: PaymentCall.Name
        var outcome: PaymentOutcome
    }

    struct Looking: Hashable {
        var attempt: Int
        var seen: SeenPayment
        /// The attempt as it was when the look began: changed since, what was seen is not believed.
        var fence: PaymentAttempt
    }

    // The orders service.
    var order: OrderState
    // The streams: what is not delivered yet, in any order.
    var toPayments: Set<OrderState> = []
    var toOrders: Set<Told> = []
    // Payments.
    var copy: PayableOrder
    var attempts: [PaymentAttempt] = []
    var calls: [PaymentCall] = []
    var waiters: [PaymentWaiter] = []
    // Stripe, by session.
    var pages: [String: Page] = [:]
    var replays: [PaymentCall.Name: PaymentOutcome] = [:]
    // Workers.
    var onTheirWay: Set<OnItsWay> = []
    var looking: Looking?
    // How often what can't go on for ever may still happen.
    var starts = 2
    var faults = 1
    var lapses = 1
    var declines = 1
    var byHand = 0

    /// What was found wrong on the way here.
    var breaches: [String] = []

    static let now = Timestamp(seconds: 1_800_000_000)

    init() {
        let id = OrderID("018f0000-0000-7000-8000-000000000001")!
        let user = UserID("018f0000-0000-7000-8000-000000000002")!
        let ticket = TicketID("018f0000-0000-7000-8000-000000000003")!
        order = OrderState(
            id: id, userId: user, ticketId: ticket, ticketTitle: "A ticket", quantity: 2, price: 2500, total: 5000,
            currency: .usd, status: .awaitingPayment, reason: nil, attempt: nil,
            expiresAt: Self.now + .seconds(900), createdAt: Self.now, updatedAt: Self.now, version: 1)
        copy = PayableOrder(order)
    }

    var file: PaymentFile {
        PaymentFile(order: copy, attempts: attempts, calls: calls, waiters: waiters, times: PaymentTimes())
    }

    /// Takes over what payments decided, and tells what it announces.
    mutating func keep(_ file: PaymentFile) {
        var file = file
        for event in file.takeEvents() {
            guard let body = event.body as? PaymentEvent else { continue }
            check(body)
            toOrders.insert(Told(kind: body.kind, attempt: body.attempt))
        }
        copy = file.order
        copy.told = 0
        attempts = file.attempts.map { attempt in
            var attempt = attempt
            attempt.looks = 0
            attempt.sessionExpiresAt = Self.now + .seconds(3600)
            attempt.lookAt = attempt.lookAt.map { _ in Self.now }
            return attempt
        }
        calls = file.calls.map { call in
            var call = call
            call.dueAt = Self.now
            call.createdAt = Self.now
            call.runs = min(call.runs, 1)
            call.failures = 0
            call.error = nil
            return call
        }
        waiters = file.waiters
        checkAttempts()
    }
}

// MARK: - What must hold at every instant

extension PaymentWorld {
    private mutating func check(_ event: PaymentEvent) {
        let page = page(of: event.attempt)
        switch event.kind {
        case .failed:
            if let page, page.status == .open { breaches.append("failed is told while the page is open") }
            if let page, [.unpaid, .held, .taken].contains(page.intent) {
                breaches.append("failed is told while the intent is \(page.intent)")
            }
        case .charged:
            if page?.intent != .taken && page?.intent != .givenBack {
                breaches.append("charged is told of \(String(describing: page))")
            }
        case .refunded:
            if page?.intent != .givenBack { breaches.append("refunded is told of \(String(describing: page))") }
        case .authorized:
            if page == nil || page?.intent == PaymentWorld.Page.Intent.none || page?.intent == .unpaid {
                breaches.append("authorized is told of \(String(describing: page))")
            }
        }
    }

    private mutating func checkAttempts() {
        if attempts.count(where: { !$0.state.isFinal }) > 1 { breaches.append("two attempts are alive") }
        for attempt in attempts {
            let unfinished = calls.count { $0.attempt == attempt.number && $0.state == .pending }
            if unfinished > 1 { breaches.append("attempt \(attempt.number) has two unfinished calls") }
            if attempt.state.isFinal {
                if unfinished > 0 { breaches.append("an ended attempt has a call") }
                if attempt.lookAt != nil { breaches.append("an ended attempt is looked at") }
            } else if attempt.state != .captured, unfinished == 0, attempt.lookAt == nil {
                breaches.append("attempt \(attempt.number) is \(attempt.state) and nobody will ever look at it")
            }
        }
    }

    func page(of attempt: Int) -> Page? {
        attempts.first { $0.number == attempt }?.sessionId.flatMap { pages[$0] }
    }
}

// MARK: - Orders

extension PaymentWorld {
    mutating func cancelOrder() {
        order.status = .cancelled
        order.reason = .cancelledByBuyer
        tellOrder()
    }

    private mutating func tellOrder() {
        order.version += 1
        toPayments.insert(order)
    }

    /// As the orders service decides (`OrdersDesk`).
    mutating func deliver(_ told: Told) {
        toOrders.remove(told)
        switch (told.kind, order.status) {
        case (.authorized, .awaitingPayment):
            order.status = .confirmed
            order.attempt = told.attempt
        case (.charged, .confirmed) where order.attempt == told.attempt:
            order.status = .complete
        case (.failed, .confirmed) where order.attempt == told.attempt:
            order.status = .cancelled
            order.reason = .paymentFailed
        case (.refunded, .complete) where order.attempt == told.attempt,
            (.refunded, .confirmed) where order.attempt == told.attempt:
            order.status = .refunded
        default: return
        }
        tellOrder()
    }
}

// MARK: - Stripe

extension PaymentWorld {
    func seen(_ session: String) -> SeenPayment {
        let page = pages[session] ?? Page(status: .expired)
        let attempt = Int(session.split(separator: "_")[1])
        let status: SeenSession.Status =
            switch page.status {
            case .open: .open
            case .complete: .complete
            case .expired: .expired
            }
        var intent: SeenIntent?
        if page.intent != .none {
            intent = SeenIntent(
                id: "pi_\(session)", status: .unpaid, amount: order.total, amountCapturable: 0, amountReceived: 0,
                amountRefunded: 0, currency: "usd", orderId: order.id, attempt: attempt, reason: nil)
        }
        switch page.intent {
        case .none, .unpaid: break
        case .held:
            intent?.status = .requiresCapture
            intent?.amountCapturable = order.total
        case .canceled: intent?.status = .canceled
        case .taken, .givenBack:
            intent?.status = .succeeded
            intent?.amountReceived = order.total
            if page.intent == .givenBack { intent?.amountRefunded = order.total }
        }
        return SeenPayment(
            session: SeenSession(
                id: session, status: status, url: "https://pay/\(session)", expiresAt: Self.now + .seconds(3600),
                intentId: intent?.id, amount: order.total, currency: "usd", orderId: order.id, attempt: attempt),
            intent: intent)
    }

    /// What Stripe does with a call, once for each key.
    mutating func answer(_ name: PaymentCall.Name, declining: Bool) -> PaymentOutcome {
        if let replay = replays[name] {
            // The caller fetches after a "no", and gets what is true now.
            if case .refused(let code, .some) = replay, let session = session(of: name.attempt) {
                return .refused(code: code, seen(session))
            }
            return replay
        }
        let outcome = perform(name, declining: declining)
        replays[name] = outcome
        return outcome
    }

    private func session(of attempt: Int) -> String? { attempts.first { $0.number == attempt }?.sessionId }

    private mutating func perform(
        _ name: PaymentCall.Name, declining: Bool
    ) -> PaymentOutcome {
        if name.operation == .createSession {
            let session = "cs_\(name.attempt)_\(name.try)"
            pages[session] = Page()
            return .done(seen(session))
        }
        guard let session = session(of: name.attempt), var page = pages[session] else {
            breaches.append("\(name.operation) of a page that is not known")
            return .refused(code: "resource_missing", nil)
        }
        switch (name.operation, page.status, page.intent) {
        case (.expireSession, .open, _):
            page.status = .expired
            if page.intent == .unpaid { page.intent = .canceled }
        case (.cancelIntent, _, .held), (.cancelIntent, .complete, .unpaid), (.cancelIntent, .expired, .unpaid):
            page.intent = .canceled
        case (.capture, _, .held):
            guard order.status == .confirmed, order.attempt == name.attempt else {
                breaches.append("captured while the order is \(order.status)")
                return .refused(code: "breach", nil)
            }
            if declining { return .refused(code: "card_declined", seen(session)) }
            page.intent = .taken
        case (.refund, _, .taken):
            page.intent = .givenBack
            pages[session] = page
            return .refunded
        default:
            return .refused(code: "unexpected_state", seen(session))
        }
        pages[session] = page
        let seen = seen(session)
        return .done(name.operation == .expireSession ? seen : SeenPayment(session: nil, intent: seen.intent))
    }
}
