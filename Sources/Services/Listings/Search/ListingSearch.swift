public import Marketplace

/// A search for listings on sale. A filter that is nil matches all.
public struct ListingSearch: Hashable, Sendable {
    /// The sort order of the results. Ties are sorted by id.
    public enum Sort: String, Sendable, CaseIterable {
        /// By start time, ascending. Listings without a time come last.
        case soonest
        /// By the amount that a buyer pays. Useful only together with a currency, because amounts are not converted.
        case cheapest, dearest
        case newest

        public var isByPrice: Bool { self == .cheapest || self == .dearest }
    }

    /// Words of the title, venue or city, or their beginnings, and days. Any text is allowed: operators have no
    /// meaning.
    public var text: String?
    /// Words of the city, or their beginnings, in any of the languages that ``KnownCity`` has.
    public var city: String?
    /// The IANA name of the time zone in which "today" is meant. UTC if it is nil.
    public var zone: String?
    /// The earliest start of the show.
    public var from: Timestamp?
    /// The show starts before this time.
    public var to: Timestamp?
    public var currency: Currency?
    /// The range of the price of one ticket with its fees in minor units, inclusive. Useful only together with a
    /// currency.
    public var minPrice: Int64?
    public var maxPrice: Int64?
    /// Minimum number of available tickets.
    public var quantity: Int?
    public var sort: Sort
    /// True to include sold-out listings.
    public var includesSoldOut: Bool
    /// True to leave out the listings of performances. Their performances are found by a search of the catalogue
    /// instead.
    public var withoutPerformance: Bool

    public init(
        text: String? = nil, city: String? = nil, zone: String? = nil, from: Timestamp? = nil, to: Timestamp? = nil,
        currency: Currency? = nil, minPrice: Int64? = nil, maxPrice: Int64? = nil, quantity: Int? = nil,
        sort: Sort = .soonest, includesSoldOut: Bool = false,
        withoutPerformance: Bool = false
    ) {
        self.text = text
        self.city = city
        self.zone = zone
        self.from = from
        self.to = to
        self.currency = currency
        self.minPrice = minPrice
        self.maxPrice = maxPrice
        self.quantity = quantity
        self.sort = sort
        self.includesSoldOut = includesSoldOut
        self.withoutPerformance = withoutPerformance
    }

    /// Maximum length of a search text, in Unicode scalars. The rest is ignored.
    public static let textLimit = 200
}
