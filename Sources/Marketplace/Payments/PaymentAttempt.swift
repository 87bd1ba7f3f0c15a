/// One attempt to pay an order: one Checkout Session and the PaymentIntent behind it.
///
/// ```
///     StartPayment
///          │
///       opening ──page made──▶ open ──authorised──▶ authorized ──order confirmed(n)──▶ capturing ──▶ captured
///          │                    │                       │                                  │            │
///          │     order dead, or claimed by another attempt, or the money isn't what was asked           │
///          │                    │                       │                                  │            ▼
///          │                    └──────────▶ closing ◀──┴───────────capture refused────────┤        refunding
///          │                                    │                                          │            │
///          └─never made─▶ dead ◀─Stripe shows it┘       captured on a dead order───────────┴────────▶   ▼
///                                                                                                    refunded
/// ```
///
/// Everything left of `captured` can also be *seen* dead at Stripe (a page expired, an authorisation lapsed) and goes
/// to `dead` at once. `dead` and `refunded` are the ends: nothing of the attempt can be taken any more. Attempt n+1
/// starts only when n is at one of them.
public struct PaymentAttempt: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, CaseIterable {
        case opening, open, authorized, capturing, captured, refunding, refunded, closing, dead

        public var isFinal: Bool { self == .dead || self == .refunded }
    }

    /// The most attempts to pay one order.
    public static let limit = 20

    /// From 1 on.
    public var number: Int
    public var state: State
    /// What is to be paid, in minor units: the order's total when the attempt began.
    public var amount: Int64
    public var currency: Currency
    /// Stripe's id (`cs_…`) and page, once it is open.
    public var sessionId: String?
    public var sessionURL: String?
    /// When Stripe closes the page by itself.
    public var sessionExpiresAt: Timestamp
    /// Stripe's id (`pi_…`), once there is one.
    public var intentId: String?
    /// Why it failed or is being closed: Stripe's code, or a word of ours.
    public var failure: String?
    /// When to look at Stripe's objects next, hints or none. Nil: there is nothing to find.
    public var lookAt: Timestamp?
    /// How often it was looked at in this state without news.
    public var looks: Int

    public init(
        number: Int, state: State, amount: Int64, currency: Currency, sessionId: String? = nil,
        sessionURL: String? = nil, sessionExpiresAt: Timestamp, intentId: String? = nil, failure: String? = nil,
        lookAt: Timestamp? = nil, looks: Int = 0
    ) {
        self.number = number
        self.state = state
        self.amount = amount
        self.currency = currency
        self.sessionId = sessionId
        self.sessionURL = sessionURL
        self.sessionExpiresAt = sessionExpiresAt
        self.intentId = intentId
        self.failure = failure
        self.lookAt = lookAt
        self.looks = looks
    }
}
