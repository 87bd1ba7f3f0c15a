/// Where an attempt stands, in the words that decisions are made in.
enum PaymentStanding: Hashable, Sendable {
    /// The page is open and nothing is authorised.
    case payable
    /// Not to be told yet: look again.
    case unsettled
    /// The money is reserved. `asked`: it is what was asked, for this order and attempt.
    case authorized(asked: Bool)
    /// The money is taken.
    case captured(asked: Bool)
    /// What was taken is given back.
    case refunded
    /// The page is closed, but its PaymentIntent could still be paid.
    case lingering
    /// Nothing of it can be taken any more.
    case dead(reason: String)

    /// - Parameter seen: what Stripe showed just now.
    init(_ seen: SeenPayment, of attempt: PaymentAttempt, order: OrderID) {
        let pageIsOpen = seen.session?.status == .open
        guard let intent = seen.intent else {
            switch seen.session?.status {
            case .open: self = .payable
            case .expired: self = .dead(reason: "session_expired")
            // A page that was completed has a PaymentIntent, which was not fetched, or is not there yet.
            case .complete, nil: self = .unsettled
            }
            return
        }
        switch intent.status {
        case .unpaid: self = pageIsOpen ? .payable : .lingering
        case .processing, .unknown: self = .unsettled
        case .requiresCapture:
            self = .authorized(asked: intent.amountCapturable == attempt.amount && intent.isOf(attempt, of: order))
        case .canceled:
            // With its page still open the buyer could be given another PaymentIntent.
            self = pageIsOpen ? .payable : .dead(reason: intent.reason ?? "canceled")
        case .succeeded where intent.amountRefunded >= intent.amountReceived && intent.amountReceived > 0:
            self = .refunded
        case .succeeded:
            self = .captured(asked: intent.amountReceived == attempt.amount && intent.isOf(attempt, of: order))
        }
    }

    /// What is believed without a look, from what was stored.
    init?(believedOf state: PaymentAttempt.State) {
        switch state {
        case .open: self = .payable
        case .authorized: self = .authorized(asked: true)
        case .captured: self = .captured(asked: true)
        case .opening, .capturing, .refunding, .closing, .refunded, .dead: return nil
        }
    }
}

extension SeenIntent {
    fileprivate func isOf(_ attempt: PaymentAttempt, of order: OrderID) -> Bool {
        amount == attempt.amount && currency.uppercased() == attempt.currency.rawValue && orderId == order
            && self.attempt == attempt.number
    }
}
