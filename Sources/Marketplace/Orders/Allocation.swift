/// One unit of one listing, and whose it is.
public struct Allocation: Hashable, Sendable {
    public var ticketId: TicketID
    /// From 1 on.
    public var unit: Int
    public var orderId: OrderID

    public init(ticketId: TicketID, unit: Int, orderId: OrderID) {
        self.ticketId = ticketId
        self.unit = unit
        self.orderId = orderId
    }
}
