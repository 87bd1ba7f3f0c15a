/// The sale of a seat to an order. Each sale of a seat has at most one order, whichever listing offers the seat.
public struct SeatSale: Hashable, Sendable {
    public struct ID: Hashable, Sendable {
        public var place: SeatPlace
        public var sale: Int

        public init(place: SeatPlace, sale: Int) {
            self.place = place
            self.sale = sale
        }
    }

    public var id: ID
    public var ticketId: ListingID
    public var unit: Int
    public var orderId: OrderID

    public init(id: ID, ticketId: ListingID, unit: Int, orderId: OrderID) {
        self.id = id
        self.ticketId = ticketId
        self.unit = unit
        self.orderId = orderId
    }
}
