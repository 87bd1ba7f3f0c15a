/// The state of one attempt at Stripe at one moment.
public struct PaymentSnapshot: Hashable, Sendable {
    /// The session, or nil if the snapshot is the response to a capture or a cancellation, which has only the
    /// PaymentIntent.
    public var session: SessionSnapshot?
    public var intent: IntentSnapshot?

    public init(session: SessionSnapshot?, intent: IntentSnapshot?) {
        self.session = session
        self.intent = intent
    }
}

/// A Checkout Session (https://docs.stripe.com/api/checkout/sessions/object).
public struct SessionSnapshot: Hashable, Sendable {
    public enum Status: String, Hashable, Sendable, CaseIterable { case open, complete, expired }

    public var id: String
    public var status: Status
    public var url: String?
    public var expiresAt: Timestamp?
    public var intentId: String?
    /// In minor units.
    public var amount: Int64?
    /// ISO 4217, in upper or lower case.
    public var currency: String?
    /// The order and the attempt in the object's metadata.
    public var orderId: OrderID?
    public var attempt: Int?

    public init(
        id: String, status: Status, url: String?, expiresAt: Timestamp?, intentId: String?, amount: Int64?,
        currency: String?, orderId: OrderID?, attempt: Int?
    ) {
        self.id = id
        self.status = status
        self.url = url
        self.expiresAt = expiresAt
        self.intentId = intentId
        self.amount = amount
        self.currency = currency
        self.orderId = orderId
        self.attempt = attempt
    }
}

/// A PaymentIntent (https://docs.stripe.com/api/payment_intents/object).
public struct IntentSnapshot: Hashable, Sendable {
    public enum Status: Hashable, Sendable {
        /// `requires_payment_method`, `requires_confirmation` or `requires_action`: the buyer may still pay.
        case unpaid
        case processing
        case requiresCapture
        case canceled
        case succeeded
        /// A status that this build does not know. It is polled again.
        case unknown(String)
    }

    public var id: String
    public var status: Status
    /// All amounts are in minor units.
    public var amount: Int64
    public var amountCapturable: Int64
    public var amountReceived: Int64
    public var amountRefunded: Int64
    /// ISO 4217, in upper or lower case.
    public var currency: String
    /// The order and the attempt in the object's metadata.
    public var orderId: OrderID?
    public var attempt: Int?
    /// Why the PaymentIntent was cancelled, or why its last payment failed.
    public var reason: String?

    public init(
        id: String, status: Status, amount: Int64, amountCapturable: Int64, amountReceived: Int64,
        amountRefunded: Int64, currency: String, orderId: OrderID?, attempt: Int?, reason: String?
    ) {
        self.id = id
        self.status = status
        self.amount = amount
        self.amountCapturable = amountCapturable
        self.amountReceived = amountReceived
        self.amountRefunded = amountRefunded
        self.currency = currency
        self.orderId = orderId
        self.attempt = attempt
        self.reason = reason
    }
}
