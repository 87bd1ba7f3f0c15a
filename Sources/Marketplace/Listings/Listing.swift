/// A listing with its counts of held and sold units.
public struct Listing: Hashable, Sendable {
    public var state: ListingState
    /// Units of unpaid orders.
    public var held: Int
    /// Units of paid orders. Units of refunded orders count too, because they stay off sale.
    public var sold: Int
    /// The version of the performance whose facts the listing has. Events do not carry it.
    public var performanceVersion: Int64?

    public init(state: ListingState, held: Int, sold: Int, performanceVersion: Int64? = nil) {
        self.state = state
        self.performanceVersion = performanceVersion
        self.held = held
        self.sold = sold
    }

    /// True if the split rule allows an order of this quantity now, or an order of any quantity if it is nil.
    public func allows(quantity: Int?) -> Bool {
        guard let set = state.splitSet else { return true }
        let sellable = set.sellable(from: max(0, state.quantity - held - sold))
        return quantity.map(sellable.contains) ?? !sellable.isEmpty
    }

    public var representation: ListingRepresentation { ListingRepresentation(state, taken: held + sold) }
}
