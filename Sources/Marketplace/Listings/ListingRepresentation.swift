/// A listing as the API shows it.
public struct ListingRepresentation: Codable, Hashable, Sendable {
    /// The reason why an admin has taken the listing down. Only the seller and admins see the note.
    public struct Reason: Codable, Hashable, Sendable {
        public var reason: TakeDown.Reason
        public var note: String?
    }

    public var id: ListingID
    public var title: String
    /// The price of one unit, in minor units of the currency.
    public var price: Int64
    public var currency: Currency
    public var quantity: Int
    /// The number of units that can be ordered, as the listings service counts them.
    public var available: Int
    /// The quantities in which buyers may order, if the seller restricts them.
    public var splitRule: SplitRule?
    /// The quantities that can be ordered now, with a split rule: at most 64.
    public var splits: [Int]?
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
    /// Set while an admin has taken the listing down, so that the seller can't put it back on sale.
    public var takenDown: Reason?
    /// Set while the performance can't be sold.
    public var suspended: Suspension.Reason?
    public var version: Int64
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    /// - Parameter taken: The number of units held and sold.
    public init(_ state: ListingState, taken: Int) {
        id = state.id
        title = state.title
        price = state.price
        currency = state.currency
        quantity = state.quantity
        available = state.withdrawn ? 0 : max(0, state.quantity - taken)
        splitRule = state.splitRule
        splits = state.splitSet?.sellable(from: available).quantities
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
