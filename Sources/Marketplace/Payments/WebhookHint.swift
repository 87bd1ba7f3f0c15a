/// The change at Stripe that a webhook reports. It is only a hint: if the change is already known, no poll follows.
enum WebhookHint: Hashable, Sendable {
    case authorized
    case captured
    case refunded
    /// Any other change, or an unknown one.
    case other

    /// - Parameter eventType: The type of Stripe's event, such as `checkout.session.completed`
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
