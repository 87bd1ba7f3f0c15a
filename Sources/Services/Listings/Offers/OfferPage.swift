public import Marketplace
import PostgresClient
import Storage

/// One page of the offers of a performance. Equal pages that are read at the same time share a query.
struct OfferPage: Hashable, Sendable {
    let search: OfferSearch
    /// The end of the previous page.
    let cursor: OfferCursor?
    let limit: Int
    /// The time after which the performance must start, or `nil` for the time of the query.
    let now: Timestamp?

    func read(from pool: PostgresPool) async throws -> OfferResults {
        var offers = try await pool.query(sql(now: now ?? .now())).decodeKnown(Listing.init(row:))
        guard offers.count > limit else { return OfferResults(offers: offers) }
        offers.removeLast()
        let next = offers.last.map { OfferCursor(currency: $0.state.currency, price: $0.state.allIn, id: $0.state.id) }
        return OfferResults(offers: offers, next: next)
    }

    /// Scans the index `tickets_offers_by_whole_price` once, in its order. The statement has few forms, and every
    /// filter is a single value, so PostgreSQL keeps its plan.
    func sql(now: Timestamp) -> SQL {
        let currency: SQL = search.currency.map { "AND currency = \($0.rawValue)" } ?? ""
        let price: SQL = search.maxPrice.map { "AND \(UnitPricing.allIn) <= \($0)" } ?? ""
        let after: SQL =
            cursor.map {
                """
                AND (performance_id, currency, \(UnitPricing.allIn), id)
                    > (\(search.performanceId), \($0.currency.rawValue), \($0.price), \($0.id))
                """
            } ?? ""
        // One extra row shows that another page follows.
        return """
            SELECT \(Listing.columns) FROM tickets.tickets
            WHERE performance_id = \(search.performanceId) AND NOT withdrawn
                AND coalesce(starts_at, 'infinity') > \(now)
                AND quantity - held - sold >= \(Int64(search.quantity ?? 1))
                \(currency) \(price) \(after)
            ORDER BY currency, \(UnitPricing.allIn), id LIMIT \(Int64(limit + 1))
            """
    }
}

extension ListingReads {
    /// Returns a page of the offers of a performance, the cheapest first. Simultaneous identical reads share one query.
    public func offers(
        _ search: OfferSearch, after cursor: OfferCursor? = nil, limit: Int, now: Timestamp? = nil
    ) async throws -> OfferResults {
        try await offerPages.value(of: OfferPage(search: search, cursor: cursor, limit: limit, now: now))
    }
}
