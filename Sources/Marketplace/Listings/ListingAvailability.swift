/// The units of a listing that can be ordered at one moment, as the orders service counts them.
public struct ListingAvailability: Hashable, Sendable {
    public var id: ListingID
    /// The seller's price of one unit, in minor units of the currency.
    public var price: Int64
    /// The fees of one unit.
    public var pricing: UnitPricing?
    public var currency: Currency
    public var offered: Int
    /// The quantities that the split rule allows in an order, or nil for any.
    public var splitSet: QuantitySet?
    public var withdrawn: Bool
    /// The version of the listing's facts: all members above.
    public var version: Int64
    /// Units allocated to orders, paid or not.
    public var held: Int
    /// The units of a seated listing that no order has, as bits, and the names of its seats. Nil for other listings.
    public var free: UInt64?
    public var seats: [String]?
    /// True if some of the held units are not paid, so that they may go back on sale.
    public var mayReturn: Bool

    public init(
        id: ListingID, price: Int64, pricing: UnitPricing? = nil, currency: Currency, offered: Int,
        splitSet: QuantitySet? = nil, withdrawn: Bool, version: Int64, held: Int, free: UInt64? = nil,
        seats: [String]? = nil,
        mayReturn: Bool = true
    ) {
        self.free = free
        self.seats = seats
        self.id = id
        self.price = price
        self.pricing = pricing
        self.currency = currency
        self.offered = offered
        self.splitSet = splitSet
        self.withdrawn = withdrawn
        self.version = version
        self.held = held
        self.mayReturn = mayReturn
    }

    /// Creates the availability of a listing that the orders service does not know yet.
    public init(_ listing: Listing) {
        let state = listing.state
        self.init(
            id: state.id, price: state.price, pricing: state.pricing, currency: state.currency,
            offered: state.quantity, splitSet: state.splitSet, withdrawn: state.withdrawn, version: state.version,
            held: listing.held + listing.sold, free: listing.free, seats: state.seats?.map(\.name),
            mayReturn: listing.held > 0)
    }

    /// The price of one unit, split into its parts.
    public var breakdown: PriceBreakdown { pricing.breakdown(of: price) }
    /// The price that a buyer pays for one unit.
    public var allIn: Int64 { breakdown.allIn }

    /// The number of units that can be ordered.
    public var left: Int { withdrawn ? 0 : free?.nonzeroBitCount ?? max(0, offered - held) }

    /// The quantities that can be ordered under the split rule, or nil without a rule.
    public var sellable: QuantitySet? {
        guard let free, let splitSet else { return splitSet?.sellable(from: left) }
        return SeatRuns(free: withdrawn ? 0 : free).sellable(splitSet)
    }

    /// Applies newer facts, which the orders service may not know yet.
    public mutating func apply(_ state: ListingState) {
        guard state.version > version else { return }
        (price, pricing, currency, offered) = (state.price, state.pricing, state.currency, state.quantity)
        (splitSet, withdrawn, version) = (state.splitSet, state.withdrawn, state.version)
    }

    /// Merges a later read: takes its count, and its facts unless newer facts are known.
    public mutating func merge(_ later: ListingAvailability) {
        if later.version >= version {
            self = later
        } else {
            (held, free, mayReturn) = (later.held, later.free, later.mayReturn)
        }
    }
}
