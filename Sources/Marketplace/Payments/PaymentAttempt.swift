/// One attempt to pay an order: a Checkout Session and its PaymentIntent.
///
/// ```
///     StartPayment
///          │
///       opening ──page created──▶ open ──authorized──▶ authorized ──order confirmed(n)──▶ capturing ──▶ captured
///          │                       │                       │                                  │            │
///          │     order closed, or claimed by another attempt, or the amount is not as requested            │
///          │                       │                       │                                  │            ▼
///          │                       └──────────▶ closing ◀──┴───────────capture refused────────┤        refunding
///          │                                       │                                          │            │
///          └──never created──▶ ended ◀─Stripe shows┘        captured for a closed order───────┴────────▶   ▼
///                                                                                                       refunded
/// ```
///
/// Stripe can also show the end of an attempt in any state left of `captured` (a page expired, an authorization
/// lapsed): the attempt then goes directly to `ended`. `ended` and `refunded` are final: the attempt can no longer take
/// money. Attempt n+1 starts only when attempt n is final.
public struct PaymentAttempt: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, CaseIterable {
        case opening, open, authorized, capturing, captured, refunding, refunded, closing
        /// Stored as `dead`.
        case ended = "dead"

        public var isFinal: Bool { self == .ended || self == .refunded }
    }

    /// Maximum number of attempts to pay one order.
    public static let limit = 20

    /// The attempt's number, from 1.
    public var number: Int
    public var state: State
    /// The amount to pay, in minor units: the order's total when the attempt began.
    public var amount: Int64
    public var currency: Currency
    /// The id (`cs_…`) and the URL of Stripe's checkout page, once it is open.
    public var sessionId: String?
    public var sessionURL: String?
    /// When Stripe closes the checkout page.
    public var sessionExpiresAt: Timestamp
    /// The id of the PaymentIntent (`pi_…`), once there is one.
    public var intentId: String?
    /// The reason why the attempt failed or is being undone: a code of Stripe or of this service.
    public var failure: String?
    /// The time of the next poll: the regular one, or an earlier one after a webhook. Nil during a call, and if no
    /// regular poll is needed: in the state `captured` and in the final states.
    public var pollAt: Timestamp?
    /// The number of regular polls that were scheduled in this state.
    public var polls: Int
    /// The number of polls that have failed since the last successful one, or since the last hint of a change.
    public var pollFailures: Int

    public init(
        number: Int, state: State, amount: Int64, currency: Currency, sessionId: String? = nil,
        sessionURL: String? = nil, sessionExpiresAt: Timestamp, intentId: String? = nil, failure: String? = nil,
        pollAt: Timestamp? = nil, polls: Int = 0, pollFailures: Int = 0
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
        self.pollAt = pollAt
        self.polls = polls
        self.pollFailures = pollFailures
    }
}
