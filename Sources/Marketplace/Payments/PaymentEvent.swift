/// A change of one attempt to pay an order: the body of the payments service's events.
public struct PaymentEvent: Codable, Hashable, Sendable {
    public enum Kind: String, NamedValue, Sendable {
        /// The money is reserved but not captured.
        case authorized
        /// The money is captured.
        case charged
        /// The attempt has ended, and nothing was captured.
        case failed
        /// The captured money is refunded.
        case refunded
    }

    public var kind: Kind
    public var orderId: OrderID
    /// The attempt's number, from 1.
    public var attempt: Int
    /// In minor units.
    public var amount: Int64
    public var currency: Currency
    /// The id of the PaymentIntent (`pi_…`), once there is one.
    public var paymentIntentId: String?
    /// The failure code of a failed attempt.
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
