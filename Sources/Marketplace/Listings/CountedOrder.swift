/// The listings service's copy of an order: enough to count its units exactly once.
public struct CountedOrder: Hashable, Sendable {
    public var orderId: OrderID
    public var ticketId: ListingID
    public var quantity: Int
    public var status: OrderState.Status
    public var version: Int64

    public init(orderId: OrderID, ticketId: ListingID, quantity: Int, status: OrderState.Status, version: Int64) {
        self.orderId = orderId
        self.ticketId = ticketId
        self.quantity = quantity
        self.status = status
        self.version = version
    }

    /// The quantity is clamped, so that an event written by hand cannot make a sum overflow.
    init(_ order: OrderState) {
        let quantity = min(max(order.quantity, 0), OrderState.quantityLimit)
        self.init(
            orderId: order.id, ticketId: order.ticketId, quantity: quantity, status: order.status,
            version: order.version)
    }

    var held: Int { status == .awaitingPayment || status == .confirmed ? quantity : 0 }
    var sold: Int { status == .complete || status == .refunded ? quantity : 0 }
}

extension CountedOrder {
    /// True if the copy equals the part of this state that it keeps.
    public func isCopy(of state: OrderState) -> Bool { self == CountedOrder(state) }

    /// True if the order is already in its closing state.
    public var isClosed: Bool { status == .cancelled }

    /// The final state for an order that the orders service no longer knows (after a restore): cancelled.
    ///
    /// Applied as an event, it releases the order's units as usual. Members that this copy does not keep are
    /// placeholders, so the state is for the listings service only.
    public func closingState(at now: Timestamp) -> OrderState {
        OrderState(
            id: orderId, userId: UserID(orderId.uuid), ticketId: ticketId, ticketTitle: "", quantity: quantity,
            price: 0, total: 0, currency: .usd, status: .cancelled, reason: .paymentFailed, attempt: nil,
            expiresAt: now, createdAt: now, updatedAt: now, version: version + 1)
    }
}
