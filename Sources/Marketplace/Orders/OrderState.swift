/// An order: the body of its events.
///
/// ```
///             CreateOrder
///                 │
///         awaiting_payment ──CancelOrder / ExpireOrder / banned / taken down / event cancelled──▶ cancelled (reason)
///                 │ PaymentAuthorized (attempt n): the claim
///             confirmed(n) ──PaymentFailed(n)──▶ cancelled (payment_failed)
///                 │ ChargeCreated(n)
///             complete ──ChargeRefunded(n)──▶ refunded (its units stay off sale)
/// ```
///
/// A confirmed order is also refunded if `ChargeRefunded(n)` arrives before `ChargeCreated(n)`.
public struct OrderState: Codable, Hashable, Sendable {
    public enum Status: String, NamedValue, Sendable, CaseIterable {
        case awaitingPayment = "awaiting_payment"
        case confirmed, complete, cancelled, refunded

        /// True if the order is cancelled or refunded. It then never changes again.
        public var isClosed: Bool { self == .cancelled || self == .refunded }
    }

    /// The reason for a cancellation. A reason that only a later build knows is kept, and decisions ignore it.
    public struct Reason: RawRepresentable, Codable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let cancelledByBuyer = Reason(rawValue: "cancelled_by_buyer")
        public static let expired = Reason(rawValue: "expired")
        public static let buyerBanned = Reason(rawValue: "buyer_banned")
        public static let paymentFailed = Reason(rawValue: "payment_failed")
        public static let listingTakenDown = Reason(rawValue: "listing_taken_down")
        public static let eventCancelled = Reason(rawValue: "event_cancelled")

        /// The reasons that this build uses.
        public static let known: [Reason] = [
            .cancelledByBuyer, .expired, .buyerBanned, .paymentFailed, .listingTakenDown, .eventCancelled,
        ]
    }

    public var id: OrderID
    public var userId: UserID
    public var ticketId: ListingID
    /// The listing's title when the order was created.
    public var ticketTitle: String
    /// The listing's details when the order was created.
    public var details: ShowDetails
    public var quantity: Int
    /// The units of the order, in ascending order, and the names of their seats. Nil if the listing has no seats.
    public var units: [Int]?
    public var seats: [String]?
    /// The seller's price of one unit, fixed when the order was created.
    public var price: Int64
    /// The fees of one unit, fixed when the order was created. Nil if there are none.
    public var pricing: UnitPricing?
    /// The price of one unit with its fees, times the quantity.
    public var total: Int64
    public var currency: Currency
    public var status: Status
    /// Why the order is cancelled.
    public var reason: Reason?
    /// The payment attempt that the order claimed, or `nil` before the order is `confirmed`.
    public var attempt: Int?
    /// The time at which the order was frozen because its seller was banned, or `nil`. The buyer of a frozen order
    /// should not rely on the tickets. Only paid orders are frozen.
    public var frozenAt: Timestamp?
    public var expiresAt: Timestamp
    public var createdAt: Timestamp
    public var updatedAt: Timestamp
    public var version: Int64

    public init(
        id: OrderID, userId: UserID, ticketId: ListingID, ticketTitle: String,
        details: ShowDetails = ShowDetails(), quantity: Int, units: [Int]? = nil, seats: [String]? = nil,
        price: Int64, pricing: UnitPricing? = nil, total: Int64,
        currency: Currency, status: Status, reason: Reason?, attempt: Int?,
        frozenAt: Timestamp? = nil, expiresAt: Timestamp,
        createdAt: Timestamp, updatedAt: Timestamp, version: Int64
    ) {
        self.id = id
        self.userId = userId
        self.ticketId = ticketId
        self.ticketTitle = ticketTitle
        self.details = details
        self.quantity = quantity
        self.units = units
        self.seats = seats
        self.price = price
        self.pricing = pricing
        self.total = total
        self.currency = currency
        self.status = status
        self.reason = reason
        self.attempt = attempt
        self.frozenAt = frozenAt
        self.expiresAt = expiresAt
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.version = version
    }

    /// The price that the buyer pays for one unit.
    public var allIn: Int64 { pricing.breakdown(of: price).allIn }

    /// The valid attempt numbers: PostgreSQL stores them in 32 bits.
    static let attempts = 1...Int(Int32.max)

    /// Maximum number of units in an order.
    public static let quantityLimit = 100
}

extension OrderState {
    /// True if this actor may cancel the order: only its buyer may.
    public func mayBeCancelled(by actor: Actor) -> Bool { actor == .user(userId) }

    /// The event that announces this state to the followers.
    public var announcement: NewEvent {
        let type: EventType =
            switch status {
            case .awaitingPayment: .orderCreated
            case .confirmed: .orderConfirmed
            case .complete: .orderCompleted
            case .cancelled: .orderCancelled
            case .refunded: .orderRefunded
            }
        return NewEvent(type, subject: id, version: version, body: self)
    }
}
