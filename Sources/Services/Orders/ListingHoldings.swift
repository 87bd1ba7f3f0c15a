public import Marketplace

/// A buyer's orders of one listing.
public struct ListingHoldings: Hashable, Sendable {
    /// The newest unpaid order, or `nil` if there is none.
    public var unpaid: OrderState?
    /// The number of units in unpaid and paid orders.
    public var units: Int

    public init(unpaid: OrderState? = nil, units: Int = 0) {
        self.unpaid = unpaid
        self.units = units
    }
}
