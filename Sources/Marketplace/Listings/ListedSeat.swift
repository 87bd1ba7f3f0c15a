/// A seat of a listing with seats, and its claim. No two listings claim the same sale of a seat.
///
/// A seat is claimed while its listing is on sale, or while an order has the unit. There are two exceptions: if a
/// listing was withdrawn before its order was counted, or if performances were merged, another listing may have claimed
/// the seat. If the order is then paid, the other listing loses the claim.
public struct ListedSeat: Hashable, Sendable {
    public var ticketId: ListingID
    public var sellerId: UserID
    /// The number of the unit, from 1.
    public var unit: Int
    public var performanceId: PerformanceID
    public var key: SeatKey
    public var name: String
    public var sale: Int
    public var claimed: Bool
    /// The orders that have the unit and are not cancelled, as far as this service knows. Events of different orders
    /// may arrive in any sequence, so there may briefly be more than one order.
    public var orders: Set<OrderID>
    /// The buyer, once the order is complete. Only they may list the seat again, unless the sale is void.
    public var holder: UserID?
    /// True if the order was refunded.
    public var isRefunded: Bool
    /// True if an admin has taken the listing down because the tickets do not exist or are not the seller's.
    public var isScam: Bool

    public init(
        ticketId: ListingID, sellerId: UserID, unit: Int, performanceId: PerformanceID, key: SeatKey, name: String,
        sale: Int, claimed: Bool, orders: Set<OrderID> = [], holder: UserID? = nil, isRefunded: Bool = false,
        isScam: Bool = false
    ) {
        self.ticketId = ticketId
        self.sellerId = sellerId
        self.unit = unit
        self.performanceId = performanceId
        self.key = key
        self.name = name
        self.sale = sale
        self.claimed = claimed
        self.orders = orders
        self.holder = holder
        self.isRefunded = isRefunded
        self.isScam = isScam
    }

    /// True if the sale gave nobody a right to the seat: the order was refunded, or the listing was a scam. Anyone may
    /// list the seat again, as the next sale.
    public var isVoid: Bool { isRefunded || isScam && holder != nil }

    /// True if the user may list the seat again, as the next sale.
    func mayBeListedAgain(by user: UserID) -> Bool { isVoid || holder == user }

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
