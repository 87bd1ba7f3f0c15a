/// The orders service's copy of a listing, with the counters of its allocated units.
public struct ListingCopy: Hashable, Sendable {
    public var id: ListingID
    public var sellerId: UserID
    public var title: String
    public var price: Int64
    /// The fees of one unit.
    public var pricing: UnitPricing?
    public var currency: Currency
    public var offered: Int
    /// The order quantities that the seller's split rule allows, or nil if it allows any quantity.
    public var splitSet: QuantitySet?
    /// The seats in the order of their units, or nil if the listing has none.
    public var seats: [Seat]?
    /// The performance of a listing with seats. Nil for other listings.
    public var performanceId: PerformanceID?
    public var details: ShowDetails
    public var withdrawn: Bool
    /// True while an admin has taken the listing down. Its unpaid orders end.
    public var isTakenDown: Bool
    /// The reason for a suspension. If the event is cancelled, the unpaid orders end.
    public var suspended: Suspension.Reason?
    public var version: Int64
    /// The number of units allocated to orders, paid or not.
    public var held: Int
    /// The number after the last unit that was allocated or freed. Lower units without an order are free. If the
    /// listing has seats, all its units are freed at first.
    public var nextUnit: Int
    /// The smallest unit that may be free. A search for free units starts here.
    public var freeFrom: Int

    public init(
        id: ListingID, sellerId: UserID, title: String, price: Int64, pricing: UnitPricing? = nil,
        currency: Currency, offered: Int, splitSet: QuantitySet? = nil, seats: [Seat]? = nil,
        performanceId: PerformanceID? = nil,
        details: ShowDetails = ShowDetails(),
        withdrawn: Bool, isTakenDown: Bool = false,
        suspended: Suspension.Reason? = nil, version: Int64, held: Int, nextUnit: Int, freeFrom: Int = 1
    ) {
        self.id = id
        self.sellerId = sellerId
        self.title = title
        self.price = price
        self.pricing = pricing
        self.currency = currency
        self.offered = offered
        self.splitSet = splitSet
        self.seats = seats
        self.performanceId = performanceId
        self.details = details
        self.withdrawn = withdrawn
        self.isTakenDown = isTakenDown
        self.suspended = suspended
        self.version = version
        self.held = held
        self.nextUnit = nextUnit
        self.freeFrom = freeFrom
    }

    public init(_ state: ListingState) {
        self.init(
            id: state.id, sellerId: state.sellerId, title: state.title, price: state.price, pricing: state.pricing,
            currency: state.currency, offered: Self.offered(state), splitSet: state.splitSet, seats: Self.seats(state),
            performanceId: state.seats == nil ? nil : state.performanceId, details: state.details,
            withdrawn: state.withdrawn, isTakenDown: state.takenDown != nil, suspended: state.suspended?.reason,
            version: state.version, held: 0,
            nextUnit: 1)
    }

    /// Copies the facts of a newer state.
    mutating func apply(_ state: ListingState) {
        title = state.title
        price = state.price
        pricing = state.pricing
        currency = state.currency
        offered = Self.offered(state)
        splitSet = state.splitSet
        seats = Self.seats(state) ?? seats
        if seats != nil { performanceId = state.performanceId ?? performanceId }
        details = state.details
        withdrawn = state.withdrawn
        isTakenDown = state.takenDown != nil
        suspended = state.suspended?.reason
        version = state.version
    }

    /// Clamps the quantity, because an event can be written by hand.
    private static func offered(_ state: ListingState) -> Int {
        seats(state)?.count ?? min(max(state.quantity, 0), ListingState.quantityLimit)
    }

    private static func seats(_ state: ListingState) -> [Seat]? { state.seats.map { Array($0.prefix(Seat.limit)) } }

    /// The sale of each unit's seat, or nil if the listing has no seats.
    public var seatSales: [SeatSale.ID]? {
        guard let seats, let performanceId, let section = details.section, let row = details.row else { return nil }
        let keys = SeatKey.keys(section: section, row: row, names: seats.map(\.name))
        return zip(seats, keys).map { seat, key in
            SeatSale.ID(place: SeatPlace(performanceId: performanceId, key: key), sale: seat.sale)
        }
    }

    /// The price that a buyer pays for one unit.
    public var allIn: Int64 { pricing.breakdown(of: price).allIn }

    /// The number of units that can be ordered.
    public var left: Int { withdrawn ? 0 : max(0, offered - held) }

    /// The quantities that the split rule lets buyers order now, or nil without a rule.
    public var sellable: QuantitySet? { splitSet?.sellable(from: left) }

    /// The number of units below ``nextUnit`` that no order has.
    public var returned: Int { nextUnit - 1 - held }
}

extension ListingCopy {
    /// True if the copy has the facts of this state. The counters are not part of the state.
    public func isCopy(of state: ListingState) -> Bool {
        var expected = self
        expected.apply(state)
        return sellerId == state.sellerId && expected == self
    }

    /// True if the listing is already in its closing state.
    public var isClosed: Bool { withdrawn }

    /// The final state for a listing that the listings service no longer knows (after a restore): withdrawn.
    public func closingState(at now: Timestamp) -> ListingState {
        ListingState(
            id: id, sellerId: sellerId, title: title, price: price, currency: currency, pricing: pricing,
            quantity: offered,
            splitRule: splitSet.map(SplitRule.custom), seats: seats, performanceId: performanceId, details: details,
            withdrawn: true, version: version + 1,
            createdAt: now, updatedAt: now)
    }
}
