/// The facts of a listing, without its held and sold units: the body of `TicketCreated` and `TicketUpdated`.
public struct ListingState: Codable, Hashable, Sendable {
    public var id: ListingID
    public var sellerId: UserID
    public var title: String
    /// The seller's price of one unit before fees, in minor units of the currency.
    public var price: Int64
    public var currency: Currency
    /// The fees of one unit, or nil if there are none and no face value is known.
    public var pricing: UnitPricing?
    /// The number of offered units, including held and sold ones.
    public var quantity: Int
    /// The quantities in which buyers may order, or nil for any.
    public var splitRule: SplitRule?
    /// The seats, in the order of the row, or nil if the tickets have no seats. The seats of a listing never change.
    public var seats: [Seat]?
    /// The performance that the tickets admit to. The listing then has the performance's title, venue, city and time.
    public var performanceId: PerformanceID?
    public var details: ShowDetails
    /// True if the free units are off sale: the seller has withdrawn them or was banned, the show has started, an
    /// admin has taken the listing down, or the listing is suspended.
    public var withdrawn: Bool
    /// Set while an admin has taken the listing down. The listing is then also withdrawn, for builds that do not know
    /// this member.
    public var takenDown: TakeDown?
    /// Set while the listing can't be sold because of its performance, its seats or its price. The listing is then also
    /// withdrawn, for builds that do not know this member.
    public var suspended: Suspension?
    public var version: Int64
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        id: ListingID, sellerId: UserID, title: String, price: Int64, currency: Currency, pricing: UnitPricing? = nil,
        quantity: Int, splitRule: SplitRule? = nil, seats: [Seat]? = nil, performanceId: PerformanceID? = nil,
        details: ShowDetails = ShowDetails(),
        withdrawn: Bool,
        takenDown: TakeDown? = nil, suspended: Suspension? = nil, version: Int64, createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.id = id
        self.sellerId = sellerId
        self.title = title
        self.price = price
        self.currency = currency
        self.pricing = pricing
        self.quantity = quantity
        self.splitRule = splitRule
        self.seats = seats
        self.performanceId = performanceId
        self.details = details
        self.withdrawn = withdrawn
        self.takenDown = takenDown
        self.suspended = suspended
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// The price that a buyer pays for one unit.
    public var allIn: Int64 { pricing.breakdown(of: price).allIn }

    /// The quantities that the split rule allows in an order, or nil for any. The set of a listing with seats is never
    /// nil, because its orders are cut from runs of neighbours.
    public var splitSet: QuantitySet? {
        splitRule.flatMap { $0 == .any ? nil : $0.quantities(of: quantity) } ?? seats.map { _ in .all }
    }

    /// The names of the seats in a mask, or nil if the listing has no seats.
    public func seatNames(in mask: UInt64) -> [String]? {
        seats.map { seats in
            seats.enumerated().filter { mask & SeatRuns.mask(of: $0.offset + 1) != 0 }.map(\.element.name)
        }
    }

    /// Maximum number of units in a listing.
    public static let quantityLimit = 1_000_000
    /// Maximum length of a title, in Unicode scalars as in JSON Schema.
    public static let titleLimit = 200

    /// True if the text is a valid title: one line that is not blank, not too long and has no control characters.
    public static func isTitle(_ text: String) -> Bool {
        PlainText.isLine(text, upTo: titleLimit)
    }

    /// True if both listings describe the same tickets: the same show, section and row.
    func describesSameTickets(as other: ListingState) -> Bool {
        title == other.title && details.withoutNote == other.details.withoutNote
    }
}

extension ListingState {
    /// The event that announces this state to the followers.
    public var announcement: NewEvent {
        NewEvent(version == 1 ? .ticketCreated : .ticketUpdated, subject: id, version: version, body: self)
    }
}
