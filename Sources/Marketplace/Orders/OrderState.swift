/// An order, as its events tell it.
///
/// ```
///             CreateOrder
///                 │
///         awaiting_payment ──CancelOrder / OrderExpired / buyer banned──▶ cancelled (reason)
///                 │ PaymentAuthorized (attempt n): the claim
///             confirmed(n) ──PaymentFailed(n)──▶ cancelled (payment_failed)
///                 │ ChargeCreated(n)
///             complete ──ChargeRefunded(n)──▶ refunded (its units stay off sale)
/// ```
public struct OrderState: Codable, Hashable, Sendable {
    public enum Status: String, Codable, Sendable, CaseIterable {
        case awaitingPayment = "awaiting_payment"
        case confirmed, complete, cancelled, refunded

        /// Whether nothing more can happen to it but a refund.
        public var isDead: Bool { self == .cancelled || self == .refunded }
    }

    public enum Reason: String, Codable, Sendable, CaseIterable {
        case cancelledByBuyer = "cancelled_by_buyer"
        case expired
        case buyerBanned = "buyer_banned"
        case paymentFailed = "payment_failed"
    }

    public var id: OrderID
    public var userId: UserID
    public var ticketId: TicketID
    /// The listing's title when the order was made.
    public var ticketTitle: String
    /// The event, as the listing told of it when the order was made.
    public var details: EventDetails
    public var quantity: Int
    /// Of one unit, locked when the order was made.
    public var price: Int64
    public var total: Int64
    public var currency: Currency
    public var status: Status
    /// Why it is cancelled.
    public var reason: Reason?
    /// The payment attempt that claimed it, from `confirmed` on.
    public var attempt: Int?
    public var expiresAt: Timestamp
    public var createdAt: Timestamp
    public var updatedAt: Timestamp
    public var version: Int64

    public init(
        id: OrderID, userId: UserID, ticketId: TicketID, ticketTitle: String,
        details: EventDetails = EventDetails(), quantity: Int, price: Int64, total: Int64, currency: Currency,
        status: Status, reason: Reason?, attempt: Int?, expiresAt: Timestamp, createdAt: Timestamp,
        updatedAt: Timestamp, version: Int64
    ) {
        self.id = id
        self.userId = userId
        self.ticketId = ticketId
        self.ticketTitle = ticketTitle
        self.details = details
        self.quantity = quantity
        self.price = price
        self.total = total
        self.currency = currency
        self.status = status
        self.reason = reason
        self.attempt = attempt
        self.expiresAt = expiresAt
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.version = version
    }

    /// What an attempt can be numbered: PostgreSQL keeps it in 32 bits.
    static let attempts = 1...Int(Int32.max)

    /// The most units one order can take.
    public static let quantityLimit = 100
}
