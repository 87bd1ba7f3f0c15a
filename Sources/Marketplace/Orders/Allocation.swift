/// The allocation of one unit of a listing to an order.
public struct Allocation: Hashable, Sendable {
    public var ticketId: ListingID
    /// The unit's number, from 1.
    public var unit: Int
    public var orderId: OrderID

    public init(ticketId: ListingID, unit: Int, orderId: OrderID) {
        self.ticketId = ticketId
        self.unit = unit
        self.orderId = orderId
    }
}
