/// A listing as the API shows it.
public struct ListingRepresentation: Codable, Hashable, Sendable {
    /// The reason why an admin has taken the listing down. Only the seller and admins see it.
    public struct Reason: Codable, Hashable, Sendable {
        public var reason: TakeDown.Reason
        public var note: String?
    }

    public var id: ListingID
    public var title: String
    /// The seller's price of one unit, in minor units of the currency.
    public var price: Int64
    /// The price that a buyer pays for one unit. Replies of the previous build do not contain it.
    public var allIn: Int64?
    public var breakdown: PriceBreakdown?
    /// The original price of one unit, as the seller declares it.
    public var faceValue: Int64?
    public var currency: Currency
    public var quantity: Int
    /// The number of units that can be ordered, as the listings service counts them.
    public var available: Int
    /// The quantities in which buyers may order, if the seller restricts them.
    public var splitRule: SplitRule?
    /// The quantities that can be ordered now, or nil for any up to ``available``. Each is at most 64.
    public var splits: [Int]?
    /// The names of the seats, in their order, if the listing has seats.
    public var seats: [String]?
    /// The names of the seats that can be ordered now.
    public var availableSeats: [String]?
    /// The performance that the tickets admit to.
    public var performanceId: PerformanceID?
    public var venue: String?
    public var city: String?
    public var startsAt: Timestamp?
    public var timeZone: String?
    public var section: String?
    public var row: String?
    public var note: String?
    public var userId: UserID
    public var withdrawn: Bool
    /// Set for the seller and admins while an admin has taken the listing down. The seller can't put it back on sale
    /// then.
    public var takenDown: Reason?
    /// Set while the listing can't be sold because of its performance, its seats or its price.
    public var suspended: Suspension.Reason?
    public var version: Int64
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(_ listing: Listing) {
        let state = listing.state
        id = state.id
        title = state.title
        price = state.price
        allIn = state.allIn
        breakdown = state.pricing.breakdown(of: state.price)
        faceValue = state.pricing?.faceValue
        currency = state.currency
        quantity = state.quantity
        available = state.withdrawn ? 0 : listing.unsold
        splitRule = state.splitRule
        splits = state.withdrawn ? state.splitSet.map { _ in [] } : listing.sellable?.quantities
        seats = state.seats?.map(\.name)
        availableSeats = state.seatNames(in: state.withdrawn ? 0 : listing.free ?? 0)
        performanceId = state.performanceId
        venue = state.details.venue
        city = state.details.city
        startsAt = state.details.startsAt
        timeZone = state.details.timeZone
        section = state.details.section
        row = state.details.row
        note = state.details.note
        userId = state.sellerId
        withdrawn = state.withdrawn
        takenDown = nil
        suspended = state.suspended?.reason
        version = state.version
        createdAt = state.createdAt
        updatedAt = state.updatedAt
    }

    /// The listing as its seller and admins see it.
    public init(toSeller listing: Listing) {
        self = listing.representation
        takenDown = listing.state.takenDown.map { Reason(reason: $0.reason, note: $0.note) }
    }
}
