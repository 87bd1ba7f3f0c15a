/// The progress of an attempt at Stripe, with the distinctions that decisions need.
enum PaymentProgress: Hashable, Sendable {
    /// The page is open and nothing is authorized.
    case payable
    /// Not known yet. Poll again.
    case unsettled
    /// The money is reserved. `asRequested`: the amount, order and attempt are the requested ones.
    case authorized(asRequested: Bool)
    /// The money is captured. `asRequested`: the amount, order and attempt are the requested ones.
    case captured(asRequested: Bool)
    /// The captured money is refunded.
    case refunded
    /// The page is closed, but its PaymentIntent can still be paid.
    case lingering
    /// The attempt can no longer take money.
    case ended(reason: String)

    init(_ snapshot: PaymentSnapshot, of attempt: PaymentAttempt, order: OrderID) {
        let pageIsOpen = snapshot.session?.status == .open
        guard let intent = snapshot.intent else {
            switch snapshot.session?.status {
            case .open: self = .payable
            case .expired: self = .ended(reason: "session_expired")
            // The PaymentIntent of a completed page was not fetched, or does not exist yet.
            case .complete, nil: self = .unsettled
            }
            return
        }
        switch intent.status {
        case .unpaid: self = pageIsOpen ? .payable : .lingering
        case .processing, .unknown: self = .unsettled
        case .requiresCapture:
            self = .authorized(
                asRequested: intent.amountCapturable == attempt.amount && intent.isOf(attempt, of: order))
        case .canceled:
            // While the page is open, the buyer may get another PaymentIntent on it.
            self = pageIsOpen ? .payable : .ended(reason: intent.reason ?? "canceled")
        case .succeeded where intent.amountRefunded >= intent.amountReceived && intent.amountReceived > 0:
            self = .refunded
        case .succeeded:
            self = .captured(asRequested: intent.amountReceived == attempt.amount && intent.isOf(attempt, of: order))
        }
    }

    /// The progress that a stored state implies without a poll, or nil if it implies none.
    init?(stored state: PaymentAttempt.State) {
        switch state {
        case .open: self = .payable
        case .authorized: self = .authorized(asRequested: true)
        case .captured: self = .captured(asRequested: true)
        case .opening, .capturing, .refunding, .closing, .refunded, .ended: return nil
        }
    }
}

extension IntentSnapshot {
    fileprivate func isOf(_ attempt: PaymentAttempt, of order: OrderID) -> Bool {
        amount == attempt.amount && currency.uppercased() == attempt.currency.rawValue && orderId == order
            && self.attempt == attempt.number
    }
}
