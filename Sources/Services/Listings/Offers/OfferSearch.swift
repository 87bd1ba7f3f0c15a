public import Marketplace

/// A search for the offers of a performance: its listings that are on sale. A filter that is nil matches all.
///
/// Offers are sorted by currency, then by price, because amounts are not converted.
public struct OfferSearch: Hashable, Sendable {
    public var performanceId: PerformanceID
    /// Minimum number of available tickets.
    public var quantity: Int?
    public var currency: Currency?
    /// Maximum price of one ticket with its fees in minor units, inclusive. Useful only together with a currency.
    public var maxPrice: Int64?

    public init(
        performanceId: PerformanceID, quantity: Int? = nil, currency: Currency? = nil, maxPrice: Int64? = nil
    ) {
        self.performanceId = performanceId
        self.quantity = quantity
        self.currency = currency
        self.maxPrice = maxPrice
    }
}

/// A position in the list of offers: the sort key of the last offer of a page.
public struct OfferCursor: Hashable, Sendable {
    public var currency: Currency
    /// The price with the fees.
    public var price: Int64
    public var id: ListingID

    public init(currency: Currency, price: Int64, id: ListingID) {
        self.currency = currency
        self.price = price
        self.id = id
    }
}

/// A page of offers.
public struct OfferResults: Hashable, Sendable {
    public var offers: [Listing]
    /// The start of the next page, if there is one.
    public var next: OfferCursor?

    public init(offers: [Listing], next: OfferCursor? = nil) {
        self.offers = offers
        self.next = next
    }
}
