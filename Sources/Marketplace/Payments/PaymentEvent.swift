/// What payments tells of one attempt to pay an order.
public struct PaymentEvent: Codable, Hashable, Sendable {
    public enum Kind: String, Codable, Sendable {
        /// The money is reserved, not taken.
        case authorized
        /// The money is taken.
        case charged
        /// Stripe shows the attempt dead, and nothing was taken.
        case failed
        /// What was taken is given back.
        case refunded
    }

    public var kind: Kind
    public var orderId: OrderID
    /// From 1 on.
    public var attempt: Int
    /// In minor units.
    public var amount: Int64
    public var currency: Currency
    /// Stripe's id of the PaymentIntent (`pi_…`), once there is one.
    public var paymentIntentId: String?
    /// Stripe's code, of one that failed.
    public var reason: String?

    public init(
        kind: Kind, orderId: OrderID, attempt: Int, amount: Int64, currency: Currency, paymentIntentId: String?,
        reason: String?
    ) {
        self.kind = kind
        self.orderId = orderId
        self.attempt = attempt
        self.amount = amount
        self.currency = currency
        self.paymentIntentId = paymentIntentId
        self.reason = reason
    }

    public var type: EventType {
        switch kind {
        case .authorized: .paymentAuthorized
        case .charged: .chargeCreated
        case .failed: .paymentFailed
        case .refunded: .chargeRefunded
        }
    }
}
