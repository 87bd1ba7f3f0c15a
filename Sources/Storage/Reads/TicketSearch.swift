public import Marketplace

/// What is looked for among the tickets on sale. What is nil does not matter.
public struct TicketSearch: Hashable, Sendable {
    /// The order of what is found; equal ones by their ids.
    public enum Sort: String, Sendable, CaseIterable {
        /// What starts first comes first, what has no time last.
        case soonest
        /// By the number of the price: amounts in several currencies are not converted.
        case cheapest, dearest
        case newest
    }

    /// Words of the title, the venue or the city, or their beginnings. Any text is allowed, an operator has no meaning.
    public var text: String?
    /// Words of the city, or their beginnings.
    public var city: String?
    /// The event starts then or later.
    public var from: Timestamp?
    /// The event starts before.
    public var to: Timestamp?
    public var currency: Currency?
    /// Of one unit, in minor units, both ends included. They mean something with a currency only.
    public var minPrice: Int64?
    public var maxPrice: Int64?
    /// How many are wanted at once.
    public var quantity: Int?
    public var sort: Sort
    /// Whether those are found too of which nothing is left.
    public var includesSoldOut: Bool

    public init(
        text: String? = nil, city: String? = nil, from: Timestamp? = nil, to: Timestamp? = nil,
        currency: Currency? = nil, minPrice: Int64? = nil, maxPrice: Int64? = nil, quantity: Int? = nil,
        sort: Sort = .soonest, includesSoldOut: Bool = false
    ) {
        self.text = text
        self.city = city
        self.from = from
        self.to = to
        self.currency = currency
        self.minPrice = minPrice
        self.maxPrice = maxPrice
        self.quantity = quantity
        self.sort = sort
        self.includesSoldOut = includesSoldOut
    }

    /// The most characters (Unicode scalars) that are looked at of a text.
    public static let textLimit = 200
}
