import Marketplace

/// Stripe's side of one order: pages and what was paid there, and the answers kept under idempotency keys.
struct StripeBook: Hashable {
    /// One Checkout Session and its PaymentIntent.
    struct Page: Hashable {
        enum Status { case open, complete, expired }
        enum Money { case none, unpaid, held, canceled, taken, givenBack }

        var id: String
        /// What its metadata says.
        var attempt: Int
        var amount: Int64
        var expiresAt: Timestamp
        /// It was made under this key.
        var key: String
        var status = Status.open
        var money = Money.none
        var refusesCapture = false
        /// Someone has changed it in Stripe's dashboard.
        var isByHand = false

        var intent: String { "pi_\(id)" }

        /// Whether nothing of it can be taken any more, and nothing was.
        var isDead: Bool { status != .open && (money == .none || money == .canceled) }
    }

    /// What is asked, as it was written down when the call was committed to.
    struct Request: Hashable {
        enum What: Hashable {
            case open(attempt: Int, amount: Int64, expiresAt: Timestamp)
            case close(session: String)
            case capture(intent: String)
            case cancel(intent: String)
            case refund(intent: String)
        }

        var what: What
        var key: String

        init(_ request: PaymentRequest, key: String) {
            self.key = key
            what =
                switch request {
                case .openPage(let order, let attempt):
                    .open(
                        attempt: attempt.number, amount: order.price * Int64(order.quantity),
                        expiresAt: attempt.sessionExpiresAt)
                case .closePage(let session): .close(session: session)
                case .capture(let intent): .capture(intent: intent)
                case .cancel(let intent): .cancel(intent: intent)
                case .refund(let intent): .refund(intent: intent)
                }
        }
    }

    enum Answer: Hashable {
        case done(SeenPayment)
        /// The page was closed.
        case closed(hadIntent: Bool)
        case refunded
        case refused(String)
        /// A 500 that is given again under the same key.
        case failed
        /// The key was used with another request.
        case clash
    }

    struct Kept: Hashable {
        var request: Request.What
        var answer: Answer
        var at: Timestamp
    }

    var pages: [Page] = []
    private(set) var kept: [String: Kept] = [:]

    static let keyLife = Duration.seconds(24 * 3600)

    func page(_ session: String?) -> Page? { pages.first { $0.id == session } }

    /// What was answered under a key, as long as Stripe keeps it.
    func answer(under key: String, now: Timestamp) -> Answer? {
        kept[key].flatMap { now - $0.at < Self.keyLife ? $0.answer : nil }
    }

    enum Failure { case afterEffect, beforeEffect }

    /// Does what is asked, once for each key.
    mutating func perform(_ request: Request, order: OrderID, now: Timestamp, failing failure: Failure? = nil)
        -> Answer
    {
        if let known = kept[request.key], now - known.at < Self.keyLife {
            return known.request == request.what ? known.answer : .clash
        }
        var answer = Answer.failed
        if failure != .beforeEffect {
            // A request that can't be right is not kept under its key.
            guard let effect = effect(of: request, order: order, now: now) else { return .refused("invalid") }
            answer = effect
        }
        if failure != nil { answer = .failed }
        kept[request.key] = Kept(request: request.what, answer: answer, at: now)
        return answer
    }

    /// What the caller is shown of a session.
    func seen(_ session: String, order: OrderID) -> SeenPayment {
        guard let page = page(session) else {
            return SeenPayment(
                session: SeenSession(
                    id: session, status: .expired, url: nil, expiresAt: nil, intentId: nil, amount: nil, currency: nil,
                    orderId: nil, attempt: nil), intent: nil)
        }
        return page.seen(order: order)
    }
}

// MARK: - What Stripe does

extension StripeBook {
    private mutating func effect(of request: Request, order: OrderID, now: Timestamp) -> Answer? {
        switch request.what {
        case .open(let attempt, let amount, let expiresAt):
            // https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at
            guard expiresAt - now >= .seconds(30 * 60), expiresAt - now <= .seconds(24 * 3600) else { return nil }
            let count = pages.count { $0.attempt == attempt } + 1
            let page = Page(
                id: "cs_\(attempt)_\(count)", attempt: attempt, amount: amount, expiresAt: expiresAt, key: request.key)
            pages.append(page)
            return .done(SeenPayment(session: page.seen(order: order).session, intent: nil))
        case .close(let session): return close(session)
        case .capture(let intent):
            return change(intent, order, from: [.held]) { page in
                page.money = page.refusesCapture ? .unpaid : .taken
                return page.refusesCapture ? .refused("card_declined") : nil
            }
        case .cancel(let intent):
            return change(intent, order, from: [.unpaid, .held]) { page in
                guard page.status != .open else { return .refused("payment_intent_unexpected_state") }
                page.money = .canceled
                return nil
            }
        case .refund(let intent):
            return change(intent, order, from: [.taken]) { page in
                page.money = .givenBack
                return .refunded
            }
        }
    }

    private mutating func close(_ session: String) -> Answer {
        guard let index = pages.firstIndex(where: { $0.id == session && $0.status == .open }) else {
            return .refused("session_not_open")
        }
        pages[index].close()
        return .closed(hadIntent: pages[index].money != .none)
    }

    private mutating func change(
        _ intent: String, _ order: OrderID, from allowed: Set<Page.Money>, _ change: (inout Page) -> Answer?
    ) -> Answer {
        guard let index = pages.firstIndex(where: { $0.intent == intent }), allowed.contains(pages[index].money) else {
            return .refused("payment_intent_unexpected_state")
        }
        if let answer = change(&pages[index]) { return answer }
        return .done(SeenPayment(session: nil, intent: pages[index].seen(order: order).intent))
    }
}

extension StripeBook.Page {
    /// A PaymentIntent that a declined try left behind goes with its session.
    mutating func close() {
        status = .expired
        if money == .unpaid { money = .canceled }
    }

    func seen(order: OrderID) -> SeenPayment {
        let sessionStatus: SeenSession.Status =
            switch status {
            case .open: .open
            case .complete: .complete
            case .expired: .expired
            }
        let session = SeenSession(
            id: id, status: sessionStatus, url: "https://pay/\(id)", expiresAt: expiresAt,
            intentId: money == .none ? nil : intent, amount: amount, currency: "usd", orderId: order, attempt: attempt)
        guard money != .none else { return SeenPayment(session: session, intent: nil) }
        let intentStatus: SeenIntent.Status =
            switch money {
            case .none, .unpaid: .unpaid
            case .held: .requiresCapture
            case .canceled: .canceled
            case .taken, .givenBack: .succeeded
            }
        let isTaken = money == .taken || money == .givenBack
        return SeenPayment(
            session: session,
            intent: SeenIntent(
                id: intent, status: intentStatus, amount: amount, amountCapturable: money == .held ? amount : 0,
                amountReceived: isTaken ? amount : 0, amountRefunded: money == .givenBack ? amount : 0,
                currency: "usd", orderId: order, attempt: attempt, reason: nil))
    }
}
