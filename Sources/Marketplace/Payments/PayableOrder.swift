/// The payments service's copy of an order. It is decoded from the order's events, and needs only these members.
public struct PayableOrder: Hashable, Sendable {
    public var id: OrderID
    public var userId: UserID
    /// The listing's title, shown on the checkout page.
    public var title: String
    public var quantity: Int
    /// The seller's price of one unit, in minor units.
    public var price: Int64
    /// The price of the whole order, in minor units.
    public var total: Int64
    public var currency: Currency
    public var status: OrderState.Status
    /// The attempt that the order has claimed, or nil before the order is `confirmed`.
    public var claimed: Int?
    public var expiresAt: Timestamp
    public var version: Int64
    /// The version of the last payment event of this order. Zero if there is none.
    public var eventVersion: Int64

    public init(
        id: OrderID, userId: UserID, title: String, quantity: Int, price: Int64, total: Int64,
        currency: Currency, status: OrderState.Status, claimed: Int?, expiresAt: Timestamp, version: Int64,
        eventVersion: Int64
    ) {
        self.id = id
        self.userId = userId
        self.title = title
        self.quantity = quantity
        self.price = price
        self.total = total
        self.currency = currency
        self.status = status
        self.claimed = claimed
        self.expiresAt = expiresAt
        self.version = version
        self.eventVersion = eventVersion
    }

    public init(_ state: OrderState) {
        self.init(
            id: state.id, userId: state.userId, title: state.ticketTitle, quantity: state.quantity, price: state.price,
            total: state.total, currency: state.currency, status: state.status, claimed: state.attempt,
            expiresAt: state.expiresAt, version: state.version, eventVersion: 0)
    }

    /// Applies a newer state. An older or equal version changes nothing.
    ///
    /// - Returns: True if the state was newer.
    mutating func apply(_ newer: PayableOrder) -> Bool {
        guard newer.version > version else { return false }
        let eventVersion = eventVersion
        self = newer
        self.eventVersion = eventVersion
        return true
    }

    /// The price that the buyer pays for one unit. An order's total is this price times its quantity.
    public var allIn: Int64 { quantity > 0 ? total / Int64(quantity) : total }

    /// True if a checkout page may be opened.
    func isPayable(at now: Timestamp) -> Bool { status == .awaitingPayment && now < expiresAt }
}

extension PayableOrder {
    /// True if the copy equals the part of the state that a copy keeps. The event version is not part of the state.
    public func isCopy(of state: OrderState) -> Bool {
        var expected = PayableOrder(state)
        expected.eventVersion = eventVersion
        return expected == self
    }

    /// True if the order is already closed.
    public var isClosed: Bool { status.isClosed }

    /// The final state for an order that the orders service no longer knows (after a restore): cancelled. Applied as an
    /// event, it undoes the order's payments as usual.
    public var closed: PayableOrder {
        var order = self
        order.status = .cancelled
        order.version += 1
        return order
    }
}

extension PayableOrder: Decodable {
    /// The members of an order's events: see ``OrderState``.
    private enum CodingKeys: String, CodingKey {
        case id, userId
        case title = "ticketTitle"
        case quantity, price, total, currency, status
        case claimed = "attempt"
        case expiresAt, version
    }

    public init(from decoder: any Decoder) throws {
        let order = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try order.decode(OrderID.self, forKey: .id),
            userId: try order.decode(UserID.self, forKey: .userId),
            title: try order.decode(String.self, forKey: .title),
            quantity: try order.decode(Int.self, forKey: .quantity),
            price: try order.decode(Int64.self, forKey: .price),
            total: try order.decode(Int64.self, forKey: .total),
            currency: try order.decode(Currency.self, forKey: .currency),
            status: try order.decode(OrderState.Status.self, forKey: .status),
            claimed: try order.decodeIfPresent(Int.self, forKey: .claimed),
            expiresAt: try order.decode(Timestamp.self, forKey: .expiresAt),
            version: try order.decode(Int64.self, forKey: .version), eventVersion: 0)
    }
}
