import Marketplace

/// The outcome of a call or a poll.
enum StripeOutcome: Sendable {
    case called(PaymentCall.Name, PaymentOutcome)
    case polled(attempt: Int, PaymentSnapshot)
    /// - Parameter retryAfter: The pause that Stripe requests.
    case pollFailed(attempt: Int, retryAfter: Duration?)

    func apply(to payments: inout OrderPayments, now: Timestamp) {
        switch self {
        case .called(let name, let outcome): payments.finish(name, outcome, now: now)
        case .polled(let attempt, let snapshot): payments.observe(attempt, snapshot, now: now)
        case .pollFailed(let attempt, let delay): payments.pollFailed(attempt, retryAfter: delay, now: now)
        }
    }
}
