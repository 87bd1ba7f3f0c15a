/// The orders service's copy of a listing, with the counters of its allocated units.
public struct ListingCopy: Hashable, Sendable {
    public var id: ListingID
    public var sellerId: UserID
    public var title: String
    public var price: Int64
    public var currency: Currency
    public var offered: Int
    /// The quantities that an order may have by the seller's split rule, or nil for any.
    public var splitSet: QuantitySet?
    public var details: ShowDetails
    public var withdrawn: Bool
    /// True while an admin has taken the listing down. Its unpaid orders end.
    public var isTakenDown: Bool
    /// The reason for a suspension. If the event is cancelled, the unpaid orders end.
    public var suspended: Suspension.Reason?
    public var version: Int64
    /// The number of units allocated to orders, paid or not.
    public var held: Int
    /// The smallest unit that was never allocated. Lower units without an order are free.
    public var nextUnit: Int
    /// The smallest unit that may be free. A search for free units starts here.
    public var freeFrom: Int

    public init(
        id: ListingID, sellerId: UserID, title: String, price: Int64, currency: Currency, offered: Int,
        splitSet: QuantitySet? = nil, details: ShowDetails = ShowDetails(), withdrawn: Bool, isTakenDown: Bool = false,
        suspended: Suspension.Reason? = nil, version: Int64, held: Int, nextUnit: Int, freeFrom: Int = 1
    ) {
        self.id = id
        self.sellerId = sellerId
        self.title = title
        self.price = price
        self.currency = currency
        self.offered = offered
        self.splitSet = splitSet
        self.details = details
        self.withdrawn = withdrawn
        self.isTakenDown = isTakenDown
        self.suspended = suspended
        self.version = version
        self.held = held
        self.nextUnit = nextUnit
        self.freeFrom = freeFrom
    }

    init(_ state: ListingState) {
        self.init(
            id: state.id, sellerId: state.sellerId, title: state.title, price: state.price, currency: state.currency,
            offered: Self.offered(state), splitSet: state.splitSet, details: state.details, withdrawn: state.withdrawn,
            isTakenDown: state.takenDown != nil, suspended: state.suspended?.reason, version: state.version, held: 0,
            nextUnit: 1)
    }

    /// Copies the facts of a newer state.
    mutating func apply(_ state: ListingState) {
        title = state.title
        price = state.price
        currency = state.currency
        offered = Self.offered(state)
        splitSet = state.splitSet
        details = state.details
        withdrawn = state.withdrawn
        isTakenDown = state.takenDown != nil
        suspended = state.suspended?.reason
        version = state.version
    }

    /// Clamps the quantity, because an event can be written by hand.
    private static func offered(_ state: ListingState) -> Int {
        min(max(state.quantity, 0), ListingState.quantityLimit)
    }

    /// The number of units that can be ordered.
    public var left: Int { withdrawn ? 0 : max(0, offered - held) }

    /// The quantities that can be ordered by the split rule, or nil without a rule.
    public var sellable: QuantitySet? { splitSet?.sellable(from: left) }

    /// The number of released units that have not been allocated again.
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
            id: id, sellerId: sellerId, title: title, price: price, currency: currency, quantity: offered,
            splitRule: splitSet.map(SplitRule.custom), details: details, withdrawn: true, version: version + 1,
            createdAt: now, updatedAt: now)
    }
}
