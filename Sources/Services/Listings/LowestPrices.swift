public import Marketplace
import PostgresClient
import Storage

/// The lowest price of one ticket for a performance, in one currency.
public struct LowestPrice: Hashable, Sendable {
    public var performanceId: PerformanceID
    public var currency: Currency
    /// In minor units.
    public var price: Int64

    public init(performanceId: PerformanceID, currency: Currency, price: Int64) {
        self.performanceId = performanceId
        self.currency = currency
        self.price = price
    }
}

/// The lowest prices of some performances. Equal ones that are read at the same time share a query.
struct LowestPrices: Hashable, Sendable {
    let performances: [PerformanceID]

    /// Maximum number of performances that are read.
    static let limit = 100
    /// Maximum number of currencies of a performance.
    private static let currencyLimit: Int64 = 10
    /// Maximum number of sold-out listings that are cheaper than the cheapest offer.
    private static let soldOutLimit: Int64 = 1000

    /// Jumps from each currency to the next in the index `tickets_offers`, so the time grows with the number of
    /// performances and currencies and not of listings.
    func read(from pool: PostgresPool) async throws -> [LowestPrice] {
        try await pool.query(
            """
            SELECT performance.id, found.currency, cheapest.price
            FROM unnest(\(performances)::uuid[]) AS performance(id)
            CROSS JOIN LATERAL (
                WITH RECURSIVE currencies (currency, number) AS (
                    (SELECT currency, 1 FROM tickets.tickets WHERE NOT withdrawn AND performance_id = performance.id
                     ORDER BY currency LIMIT 1)
                    UNION ALL
                    SELECT (SELECT currency FROM tickets.tickets
                            WHERE NOT withdrawn AND performance_id = performance.id AND currency > currencies.currency
                            ORDER BY currency LIMIT 1), number + 1
                    FROM currencies WHERE currency IS NOT NULL AND number < \(Self.currencyLimit)
                )
                SELECT currency FROM currencies WHERE currency IS NOT NULL
            ) AS found
            CROSS JOIN LATERAL (
                SELECT price FROM (
                    SELECT price, quantity - held - sold AS available, starts_at FROM tickets.tickets
                    WHERE NOT withdrawn AND performance_id = performance.id AND currency = found.currency
                    ORDER BY price, id LIMIT \(Self.soldOutLimit)
                ) AS offers
                WHERE available > 0 AND coalesce(starts_at, 'infinity') > now() ORDER BY price LIMIT 1
            ) AS cheapest
            """
        ).map {
            LowestPrice(
                performanceId: try $0.decode("id", as: PerformanceID.self),
                currency: try $0.known("currency", Currency.init), price: try $0.decode("price", as: Int64.self))
        }
    }
}

extension ListingReads {
    /// Returns the lowest prices of tickets for these performances, one of each currency, sorted by currency.
    /// Performances without tickets are left out, as are those beyond the first 100.
    public func lowestPrices(of performances: [PerformanceID]) async throws -> [LowestPrice] {
        guard !performances.isEmpty else { return [] }
        let asked = LowestPrices(performances: Array(performances.prefix(LowestPrices.limit)))
        return try await priceReads.value(of: asked)
            .sorted { ($0.currency.rawValue, $0.price) < ($1.currency.rawValue, $1.price) }
    }
}
