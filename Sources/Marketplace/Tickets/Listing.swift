/// A listing, with what is taken of it.
public struct Listing: Hashable, Sendable {
    public var state: TicketState
    /// Units of orders that are not paid yet.
    public var held: Int
    /// Units of orders that are paid, refunded ones too: those stay off sale.
    public var sold: Int

    public init(state: TicketState, held: Int, sold: Int) {
        self.state = state
        self.held = held
        self.sold = sold
    }

    public var representation: TicketRepresentation { TicketRepresentation(state, taken: held + sold) }

    func event(_ type: EventType) -> NewEvent {
        NewEvent(type, subject: state.id, version: state.version, body: state)
    }
}

/// What the tickets service remembers of an order: enough to count its units once.
public struct CountedOrder: Hashable, Sendable {
    public var orderId: OrderID
    public var ticketId: TicketID
    public var quantity: Int
    public var status: OrderState.Status
    public var version: Int64

    public init(orderId: OrderID, ticketId: TicketID, quantity: Int, status: OrderState.Status, version: Int64) {
        self.orderId = orderId
        self.ticketId = ticketId
        self.quantity = quantity
        self.status = status
        self.version = version
    }

    /// An event that someone wrote by hand may tell any quantity: no sum of these overflows.
    init(_ order: OrderState) {
        let quantity = min(max(order.quantity, 0), OrderState.quantityLimit)
        self.init(
            orderId: order.id, ticketId: order.ticketId, quantity: quantity, status: order.status,
            version: order.version)
    }

    var held: Int { status == .awaitingPayment || status == .confirmed ? quantity : 0 }
    var sold: Int { status == .complete || status == .refunded ? quantity : 0 }
}
