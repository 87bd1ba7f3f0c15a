public import Marketplace
import PostgresClient
import Storage

/// The offers of a performance in one currency.
public struct OfferSummary: Hashable, Sendable {
    public var currency: Currency
    /// The price of one ticket of the cheapest offer, in minor units.
    public var lowestPrice: Int64
    /// The number of offers.
    public var offers: Int
    /// The number of tickets in them that can be ordered.
    public var available: Int

    public init(currency: Currency, lowestPrice: Int64, offers: Int, available: Int) {
        self.currency = currency
        self.lowestPrice = lowestPrice
        self.offers = offers
        self.available = available
    }
}

extension ListingReads {
    /// Returns a summary of the offers of each performance, with the currencies in which most are offered first.
    /// Performances without offers are left out.
    ///
    /// It reads all offers of these performances, so ask for those of a page.
    public func offerSummaries(
        of performances: [PerformanceID], now: Timestamp = .now()
    ) async throws -> [PerformanceID: [OfferSummary]] {
        guard !performances.isEmpty else { return [:] }
        let rows = try await pool.query(
            """
            SELECT performance_id, currency, min(price) AS lowest_price, count(*) AS offers,
                sum(quantity - held - sold) AS available
            FROM tickets.tickets
            WHERE performance_id \(SQL.oneOf(performances)) AND NOT withdrawn
                AND coalesce(starts_at, 'infinity') > \(now) AND quantity > held + sold
            GROUP BY performance_id, currency ORDER BY performance_id, offers DESC, currency
            """)
        let summaries = try rows.decodeKnown { row in
            (
                try row.decode("performance_id", as: PerformanceID.self),
                OfferSummary(
                    currency: try row.known("currency", Currency.init),
                    lowestPrice: try row.decode("lowest_price", as: Int64.self),
                    offers: try row.decode("offers", as: Int.self), available: try row.decode("available", as: Int.self)
                )
            )
        }
        return Dictionary(grouping: summaries, by: \.0).mapValues { $0.map(\.1) }
    }
}
