/// How a call to Stripe ended.
public enum PaymentOutcome: Hashable, Sendable {
    /// Stripe did it. What it showed is the answer itself, or was fetched right after.
    case done(SeenPayment)
    /// The refund is made, or is being made.
    case refunded
    /// Stripe said no. What was fetched right after, where there is something to fetch.
    case refused(code: String, SeenPayment?)
    /// The key gives no usable answer: it replays a failure of Stripe's, or has grown too old. What was fetched instead.
    case doubtful(error: String, SeenPayment?)
    /// No answer that says whether it took effect: the same again, under the same key.
    case unanswered(error: String, byStripe: Bool, again: Duration)
}
