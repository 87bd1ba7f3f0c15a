/// The outcome of a call to Stripe.
public enum PaymentOutcome: Hashable, Sendable {
    /// Stripe executed the call. The snapshot is the response, or was fetched directly after it.
    case done(PaymentSnapshot)
    /// The refund is completed or in progress.
    case refunded
    /// Stripe refused the call. The snapshot, if the attempt has a session, was fetched directly after the refusal.
    case refused(code: String, PaymentSnapshot?)
    /// The call can no longer be repeated under its key: for example, the key is too old, or Stripe may be replaying a
    /// failure. The snapshot, if the attempt has a session, was fetched instead.
    case doubtful(error: String, PaymentSnapshot?)
    /// It is unknown whether the call took effect, so it is repeated under the same key.
    case unanswered(error: String, byStripe: Bool, retryAfter: Duration)
}
