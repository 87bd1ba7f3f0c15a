import Marketplace

/// A model of one order at Stripe: its pages, their payments, and the responses stored under idempotency keys.
struct StripeModel: Hashable {
    /// One Checkout Session and its PaymentIntent.
    struct Page: Hashable {
        enum Status { case open, complete, expired }
        enum Money { case none, unpaid, authorized, canceled, captured, refunded }

        var id: String
        /// The attempt in its metadata.
        var attempt: Int
        var amount: Int64
        var expiresAt: Timestamp
        /// The key under which it was created.
        var key: String
        var status = Status.open
        var money = Money.none
        var refusesCapture = false
        /// True if it was changed in Stripe's dashboard.
        var isChangedByHand = false

        var intent: String { "pi_\(id)" }

        /// True if nothing was captured and nothing can still be captured.
        var isEnded: Bool { status != .open && (money == .none || money == .canceled) }
    }

    /// The request of a call, as it was stored with the call.
    struct Request: Hashable {
        enum Operation: Hashable {
            case open(attempt: Int, amount: Int64, expiresAt: Timestamp)
            case close(session: String)
            case capture(intent: String)
            case cancel(intent: String)
            case refund(intent: String)
        }

        var operation: Operation
        var key: String

        init(_ request: PaymentRequest, key: String) {
            self.key = key
            operation =
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

    enum Response: Hashable {
        case done(PaymentSnapshot)
        /// The page was closed.
        case closed(hadIntent: Bool)
        case refunded
        case refused(String)
        /// A 500 that is repeated under the same key.
        case failed
        /// The key was used with a different request.
        case clash
    }

    struct StoredResponse: Hashable {
        var request: Request.Operation
        var response: Response
        var at: Timestamp
    }

    var pages: [Page] = []
    private(set) var storedResponses: [String: StoredResponse] = [:]

    static let keyLife = Duration.seconds(24 * 3600)

    func page(_ session: String?) -> Page? { pages.first { $0.id == session } }

    /// The response stored under a key, while Stripe keeps it.
    func response(under key: String, now: Timestamp) -> Response? {
        storedResponses[key].flatMap { now - $0.at < Self.keyLife ? $0.response : nil }
    }

    enum Failure { case afterEffect, beforeEffect }

    /// Executes a request once for each key.
    mutating func perform(_ request: Request, order: OrderID, now: Timestamp, failing failure: Failure? = nil)
        -> Response
    {
        if let known = storedResponses[request.key], now - known.at < Self.keyLife {
            return known.request == request.operation ? known.response : .clash
        }
        var response = Response.failed
        if failure != .beforeEffect {
            // The response to an invalid request is not stored under its key.
            guard let effect = effect(of: request, order: order, now: now) else { return .refused("invalid") }
            response = effect
        }
        if failure != nil { response = .failed }
        storedResponses[request.key] = StoredResponse(request: request.operation, response: response, at: now)
        return response
    }

    /// The session and its PaymentIntent, as a caller sees them.
    func snapshot(_ session: String, order: OrderID) -> PaymentSnapshot {
        guard let page = page(session) else {
            return PaymentSnapshot(
                session: SessionSnapshot(
                    id: session, status: .expired, url: nil, expiresAt: nil, intentId: nil, amount: nil, currency: nil,
                    orderId: nil, attempt: nil), intent: nil)
        }
        return page.snapshot(order: order)
    }
}

// MARK: - Effects of requests

extension StripeModel {
    private mutating func effect(of request: Request, order: OrderID, now: Timestamp) -> Response? {
        switch request.operation {
        case .open(let attempt, let amount, let expiresAt):
            // https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at
            guard expiresAt - now >= .seconds(30 * 60), expiresAt - now <= .seconds(24 * 3600) else { return nil }
            let count = pages.count { $0.attempt == attempt } + 1
            let page = Page(
                id: "cs_\(attempt)_\(count)", attempt: attempt, amount: amount, expiresAt: expiresAt, key: request.key)
            pages.append(page)
            return .done(PaymentSnapshot(session: page.snapshot(order: order).session, intent: nil))
        case .close(let session): return close(session)
        case .capture(let intent):
            return change(intent, order, from: [.authorized]) { page in
                page.money = page.refusesCapture ? .unpaid : .captured
                return page.refusesCapture ? .refused("card_declined") : nil
            }
        case .cancel(let intent):
            return change(intent, order, from: [.unpaid, .authorized]) { page in
                guard page.status != .open else { return .refused("payment_intent_unexpected_state") }
                page.money = .canceled
                return nil
            }
        case .refund(let intent):
            return change(intent, order, from: [.captured]) { page in
                page.money = .refunded
                return .refunded
            }
        }
    }

    private mutating func close(_ session: String) -> Response {
        guard let index = pages.firstIndex(where: { $0.id == session && $0.status == .open }) else {
            return .refused("session_not_open")
        }
        pages[index].close()
        return .closed(hadIntent: pages[index].money != .none)
    }

    private mutating func change(
        _ intent: String, _ order: OrderID, from allowed: Set<Page.Money>, _ change: (inout Page) -> Response?
    ) -> Response {
        guard let index = pages.firstIndex(where: { $0.intent == intent }), allowed.contains(pages[index].money) else {
            return .refused("payment_intent_unexpected_state")
        }
        if let response = change(&pages[index]) { return response }
        return .done(PaymentSnapshot(session: nil, intent: pages[index].snapshot(order: order).intent))
    }
}

extension StripeModel.Page {
    /// Expires the page. An unpaid PaymentIntent is cancelled with it.
    mutating func close() {
        status = .expired
        if money == .unpaid { money = .canceled }
    }

    func snapshot(order: OrderID) -> PaymentSnapshot {
        let sessionStatus: SessionSnapshot.Status =
            switch status {
            case .open: .open
            case .complete: .complete
            case .expired: .expired
            }
        let session = SessionSnapshot(
            id: id, status: sessionStatus, url: "https://pay/\(id)", expiresAt: expiresAt,
            intentId: money == .none ? nil : intent, amount: amount, currency: "usd", orderId: order, attempt: attempt)
        guard money != .none else { return PaymentSnapshot(session: session, intent: nil) }
        let intentStatus: IntentSnapshot.Status =
            switch money {
            case .none, .unpaid: .unpaid
            case .authorized: .requiresCapture
            case .canceled: .canceled
            case .captured, .refunded: .succeeded
            }
        let isCaptured = money == .captured || money == .refunded
        return PaymentSnapshot(
            session: session,
            intent: IntentSnapshot(
                id: intent, status: intentStatus, amount: amount, amountCapturable: money == .authorized ? amount : 0,
                amountReceived: isCaptured ? amount : 0, amountRefunded: money == .refunded ? amount : 0,
                currency: "usd", orderId: order, attempt: attempt, reason: nil))
    }
}
