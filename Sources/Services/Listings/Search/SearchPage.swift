import Marketplace
import PostgresClient
import Storage

/// One page of a search. Equal pages that are read at the same time share a query.
struct SearchPage: Hashable, Sendable {
    let search: ListingSearch
    /// The end of the previous page.
    let cursor: SearchCursor?
    let limit: Int
    /// False if only exact matches are wanted.
    let allowsSimilar: Bool
    /// The time after which a show must start, or `nil` for the time of the query.
    let now: Timestamp?

    /// The `statement_timeout` of a search with the visitor's own words.
    private static let timeout = "1500ms"
    /// Maximum time to find and read the nearest matches of a search without results.
    private static let relaxationTime: Duration = .milliseconds(1500)

    /// - Parameter cities: The cities with shows on sale.
    /// - Throws: ``SearchTookTooLong`` if the exact search or a further page times out, or if too many searches wait.
    func read(
        from pool: PostgresPool, _ limiters: SearchLimiters, cities: @Sendable () async -> [String]
    ) async throws -> SearchResults {
        let now = now ?? .now()
        let query = SearchQuery(search, now: now)
        if cursor?.isSimilar != true {
            let results: SearchResults
            do {
                results = try await limiters.exact.run {
                    try await page(of: query, timeout: Self.timeout, pool, now)
                }
            } catch let error as PostgresError where error.isTimeout {
                throw SearchTookTooLong()
            }
            let hasText = !query.text.words.isEmpty || query.text.days != nil || !query.cities.isEmpty
            guard results.listings.isEmpty, cursor == nil, hasText, allowsSimilar else { return results }
        }
        do {
            return try await limiters.nearest.run { try await similar(query, pool, await cities(), now) }
        } catch let error as SearchTookTooLong {
            guard cursor == nil else { throw error }
            return SearchResults(listings: [], isSimilar: true)
        }
    }

    /// Reads the nearest matches of the search, or nothing if that takes too long. Each further page repeats the same
    /// changes to the search.
    ///
    /// - Throws: ``SearchTookTooLong`` if a further page times out: an empty one would look like the end of the list.
    private func similar(
        _ query: SearchQuery, _ pool: PostgresPool, _ cities: [String], _ now: Timestamp
    ) async throws -> SearchResults {
        do {
            let deadline = ContinuousClock.now + Self.relaxationTime
            let relaxation = SearchRelaxation(pool: pool, now: now, cities: cities, deadline: deadline)
            let outcome = try await relaxation.run(query)
            guard outcome.notes != SearchNotes() else { return SearchResults(listings: [], isSimilar: true) }
            var results = try await page(of: outcome.query, timeout: "500ms", isSimilar: true, pool, now)
            results.notes = outcome.notes
            return results
        } catch let error as PostgresError where error.isTimeout {
            guard cursor == nil else { throw SearchTookTooLong() }
            return SearchResults(listings: [], isSimilar: true)
        }
    }

    private func page(
        of query: SearchQuery, timeout: String, isSimilar: Bool = false, _ pool: PostgresPool, _ now: Timestamp
    ) async throws -> SearchResults {
        let rows = try await pool.pipeline([
            Self.settings(timeout: timeout, plan: query.plan),
            // One extra row shows that another page follows.
            query.sql(after: cursor, limit: limit + 1, now: now),
        ])[1]
        var listings = try rows.decodeKnown(Listing.init(row:))
        guard listings.count > limit else { return SearchResults(listings: listings, isSimilar: isSimilar) }
        listings.removeLast()
        let next = listings.last.map { SearchCursor($0.state, in: search.sort, isSimilar: isSimilar) }
        return SearchResults(listings: listings, next: next, isSimilar: isSimilar)
    }

    /// The settings of a search. It needs a timeout, because anyone may search for a text that is similar to
    /// everything, on connections that all pages share.
    static func settings(timeout: String, plan: SearchQuery.Plan = .custom) -> SQL {
        """
        SELECT set_config('plan_cache_mode', \(plan.rawValue), true),
            set_config('statement_timeout', \(timeout), true)
        """
    }
}
