/// A seat of a listing with seats, and its claim. At most one listing claims the same sale of a seat.
///
/// A seat is claimed while its listing is on sale, or while an order has the unit. There is one exception: if a listing
/// was withdrawn before its order was counted, another listing may have claimed the seat. The other listing keeps the
/// claim until the order is paid.
public struct ListedSeat: Hashable, Sendable {
    public var ticketId: ListingID
    /// The number of the unit, from 1.
    public var unit: Int
    public var performanceId: PerformanceID
    public var key: SeatKey
    public var name: String
    public var sale: Int
    public var claimed: Bool
    /// The orders that have the unit and are not cancelled, as far as this service knows. Events of different orders
    /// may come in any order, so there may be more than one for a moment.
    public var orders: Set<OrderID>
    /// The buyer, once the order is complete. Only they may list the seat again.
    public var holder: UserID?

    public init(
        ticketId: ListingID, unit: Int, performanceId: PerformanceID, key: SeatKey, name: String, sale: Int,
        claimed: Bool, orders: Set<OrderID> = [], holder: UserID? = nil
    ) {
        self.ticketId = ticketId
        self.unit = unit
        self.performanceId = performanceId
        self.key = key
        self.name = name
        self.sale = sale
        self.claimed = claimed
        self.orders = orders
        self.holder = holder
    }

    public var place: SeatPlace { SeatPlace(performanceId: performanceId, key: key) }
    public var saleID: SeatSale.ID { SeatSale.ID(place: place, sale: sale) }
}

/// A seat at a performance.
public struct SeatPlace: Hashable, Sendable {
    public var performanceId: PerformanceID
    public var key: SeatKey

    public init(performanceId: PerformanceID, key: SeatKey) {
        self.performanceId = performanceId
        self.key = key
    }
}
