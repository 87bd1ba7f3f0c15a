/// The outcome of a call to Stripe.
public enum PaymentOutcome: Hashable, Sendable {
    /// Stripe executed the call. The snapshot is the response, or was fetched right after it.
    case done(PaymentSnapshot)
    /// The refund is made or in progress.
    case refunded
    /// Stripe refused the call. The snapshot was fetched right after, if there is anything to fetch.
    case refused(code: String, PaymentSnapshot?)
    /// The key gives no usable response: it replays a failure of Stripe's, or is too old. The snapshot was fetched
    /// instead.
    case doubtful(error: String, PaymentSnapshot?)
    /// It is unknown whether the call took effect: it is repeated under the same key.
    case unanswered(error: String, byStripe: Bool, retryAfter: Duration)
}
