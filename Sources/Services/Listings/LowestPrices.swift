public import Marketplace
import PostgresClient
import Storage

/// The lowest price of one ticket for a performance, in one currency.
public struct LowestPrice: Hashable, Sendable {
    public var performanceId: PerformanceID
    public var currency: Currency
    /// The price with fees, in minor units.
    public var price: Int64

    public init(performanceId: PerformanceID, currency: Currency, price: Int64) {
        self.performanceId = performanceId
        self.currency = currency
        self.price = price
    }
}

/// A read of the lowest prices of some performances. Equal reads at the same time share a query.
struct LowestPrices: Hashable, Sendable {
    let performances: [PerformanceID]

    /// Maximum number of performances that are read.
    static let limit = 100
    /// All currencies, so that offers in one currency never hide offers in another.
    private static let currencyLimit = Int64(Currency.all.count)
    /// Maximum number of listings in one currency that are read to find the cheapest offers. Sold-out ones count too.
    private static let soldOutLimit: Int64 = 1000
    /// Maximum number of offers that are read to find one whose split rule permits a sale.
    private static let offerLimit: Int64 = 10

    private static let isAvailable: SQL = "available > 0 AND coalesce(starts_at, 'infinity') > now()"

    /// The offers of a performance in a currency, the cheapest first.
    private static func offers(below price: SQL? = nil) -> SQL {
        let limit: SQL = price.map { "AND \(UnitPricing.allIn) < \($0)" } ?? ""
        return """
            SELECT id, \(UnitPricing.allIn) AS price, quantity - held - sold AS available, quantity, split_rule, free_mask,
                starts_at
            FROM tickets.tickets
            WHERE NOT withdrawn AND performance_id = performance.id AND currency = found.currency \(limit)
            ORDER BY \(UnitPricing.allIn), id LIMIT \(soldOutLimit)
            """
    }

    /// Reads the cheapest offer without a split rule, which can always be sold, and the cheaper offers with a rule.
    ///
    /// Jumps from each currency to the next in the index `tickets_offers_by_whole_price`, so the time grows with the
    /// number of performances and currencies, not with the number of listings.
    func read(from pool: PostgresPool) async throws -> [LowestPrice] {
        let prices = try await pool.query(
            """
            SELECT performance.id, found.currency, cheapest.price, cheapest.available, cheapest.quantity,
                cheapest.split_rule, cheapest.free_mask
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
                WITH without_rule AS (
                    SELECT price, available, quantity, split_rule, free_mask FROM (\(Self.offers())) AS offers
                    WHERE \(Self.isAvailable) AND split_rule IS NULL ORDER BY price, id LIMIT 1
                )
                TABLE without_rule
                UNION ALL
                (SELECT price, available, quantity, split_rule, free_mask
                 FROM (\(Self.offers(below: "coalesce((SELECT price FROM without_rule), \(Int64.max))"))) AS offers
                 WHERE \(Self.isAvailable) AND split_rule IS NOT NULL ORDER BY price, id LIMIT \(Self.offerLimit))
            ) AS cheapest
            """
        ).compactMap { row -> LowestPrice? in
            // This build does not know the rules of newer builds, and treats such an offer like an offer without a
            // rule.
            if let rule = try row.decode("split_rule", as: String?.self).flatMap(SplitRule.init(rawValue:)) {
                let left = try row.decode("available", as: Int.self)
                let quantities = rule.quantities(of: try row.decode("quantity", as: Int.self))
                let free = try row.decode("free_mask", as: Int64?.self).map(UInt64.init(bitPattern:))
                let sellable =
                    free.map { SeatRuns(free: $0).sellable(quantities) } ?? quantities.sellable(from: left)
                if sellable.isEmpty { return nil }
            }
            return LowestPrice(
                performanceId: try row.decode("id", as: PerformanceID.self),
                currency: try row.known("currency", Currency.init), price: try row.decode("price", as: Int64.self))
        }
        // The lowest price of each performance and currency.
        var seen: Set<LowestPrice> = []
        return prices.sorted { $0.price < $1.price }.filter { price in
            seen.insert(LowestPrice(performanceId: price.performanceId, currency: price.currency, price: 0)).inserted
        }
    }
}

extension ListingReads {
    /// Returns the lowest prices of tickets for these performances, one for each currency, sorted by currency.
    /// Performances without tickets, and performances beyond the first 100, are left out.
    public func lowestPrices(of performances: [PerformanceID]) async throws -> [LowestPrice] {
        guard !performances.isEmpty else { return [] }
        let asked = LowestPrices(performances: Array(performances.prefix(LowestPrices.limit)))
        return try await priceReads.value(of: asked)
            .sorted { ($0.currency.rawValue, $0.price) < ($1.currency.rawValue, $1.price) }
    }
}
