/// What a hint to look at Stripe says has happened. Only a hint: but one that says what is known already asks for nothing.
enum StripeNews: Hashable, Sendable {
    case authorized
    case captured
    case refunded
    /// Anything else, or all of it.
    case other

    /// - Parameter eventType: Stripe's, such as `checkout.session.completed`
    ///   (https://docs.stripe.com/api/events/types).
    init(eventType: String) {
        switch eventType {
        case "checkout.session.completed", "payment_intent.amount_capturable_updated", "charge.succeeded":
            self = .authorized
        case "payment_intent.succeeded", "charge.captured": self = .captured
        case let type where type.contains("refund"): self = .refunded
        default: self = .other
        }
    }
}
