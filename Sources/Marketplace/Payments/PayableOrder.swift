/// The payments service's copy of an order, updated by the order's events.
public struct PayableOrder: Hashable, Sendable {
    public var id: OrderID
    public var userId: UserID
    /// The listing's title, shown on the checkout page.
    public var title: String
    public var quantity: Int
    /// The price of one unit, in minor units.
    public var price: Int64
    /// The price of the whole order, in minor units.
    public var total: Int64
    public var currency: Currency
    public var status: OrderState.Status
    /// The attempt that claimed the order, from `confirmed` on.
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

    /// Takes over a newer state. An older or equal version changes nothing.
    ///
    /// - Returns: True if the state was newer.
    mutating func apply(_ state: OrderState) -> Bool {
        guard state.version > version else { return false }
        let eventVersion = eventVersion
        self = PayableOrder(state)
        self.eventVersion = eventVersion
        return true
    }

    /// True if a checkout page may be opened.
    func isPayable(at now: Timestamp) -> Bool { status == .awaitingPayment && now < expiresAt }
}

extension PayableOrder {
    /// True if the copy equals the part of this state that it keeps. The event version is the payments service's own.
    public func isCopy(of state: OrderState) -> Bool {
        var expected = PayableOrder(state)
        expected.eventVersion = eventVersion
        return expected == self
    }

    /// True if the order is already closed.
    public var isClosed: Bool { status.isClosed }

    /// The final state for an order that the orders service no longer knows (after a restore): cancelled.
    ///
    /// Applied as an event, it undoes the order's payments as usual. Members that this copy does not keep are
    /// placeholders, so the state is for the payments service only.
    public func closingState(at now: Timestamp) -> OrderState {
        OrderState(
            id: id, userId: userId, ticketId: ListingID(id.uuid), ticketTitle: title, quantity: quantity, price: price,
            total: total, currency: currency, status: .cancelled, reason: .paymentFailed, attempt: claimed,
            expiresAt: expiresAt, createdAt: now, updatedAt: now, version: version + 1)
    }
}
