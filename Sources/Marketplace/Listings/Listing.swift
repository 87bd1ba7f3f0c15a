/// A listing with its counts of held and sold units.
public struct Listing: Hashable, Sendable {
    public var state: ListingState
    /// Units of orders that await payment, or whose payment is being captured.
    public var held: Int
    /// Units of complete orders. Units of refunded orders count too, because they stay off sale.
    public var sold: Int
    /// The version of the performance from which the listing's facts were copied. Events do not contain it.
    public var performanceVersion: Int64?
    /// The version of the price policies that the listing was last checked against. Events do not contain it.
    public var policySeen: Int64?

    /// The units of a seated listing that no order has: bit i stands for the unit i + 1. Nil for other listings.
    public var free: UInt64?

    public init(
        state: ListingState, held: Int, sold: Int, performanceVersion: Int64? = nil, free: UInt64? = nil,
        policySeen: Int64? = nil
    ) {
        self.state = state
        self.free = free
        self.performanceVersion = performanceVersion
        self.policySeen = policySeen
        self.held = held
        self.sold = sold
    }

    /// The number of units that no order has, on sale or not.
    var unsold: Int { free?.nonzeroBitCount ?? max(0, state.quantity - held - sold) }

    /// The quantities that can be ordered now, or nil for any up to the number of units left.
    public var sellable: QuantitySet? {
        guard let set = state.splitSet else { return nil }
        return free.map { SeatRuns(free: $0).sellable(set) } ?? set.sellable(from: unsold)
    }

    /// True if the split rule allows an order of this quantity now. If the quantity is nil, true if it allows any
    /// order.
    public func allows(quantity: Int?) -> Bool {
        guard let sellable else { return true }
        return quantity.map(sellable.contains) ?? !sellable.isEmpty
    }

    public var representation: ListingRepresentation { ListingRepresentation(self) }
}
