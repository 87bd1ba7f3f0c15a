import Marketplace
import PostgresClient
import Storage

/// One page of a search. Equal pages that are read at the same time share a query.
struct SearchPage: Hashable, Sendable {
    let search: ListingSearch
    /// The end of the previous page.
    let cursor: SearchCursor?
    let limit: Int
    /// The time after which a show must start, or `nil` for the time of the query.
    let now: Timestamp?

    /// The `statement_timeout` of an exact search, and of one for similar spellings.
    private static let (timeout, similarTimeout) = ("1500ms", "500ms")

    /// - Throws: ``SearchTookTooLong`` if the exact search times out.
    func read(from pool: PostgresPool) async throws -> SearchResults {
        let now = now ?? .now()
        if cursor?.isSimilar == true { return try await similar(pool, now) }
        let results: SearchResults
        do {
            results = try await page(pool, isSimilar: false, now)
        } catch let error as PostgresError where error.isTimeout {
            throw SearchTookTooLong()
        }
        guard results.listings.isEmpty, cursor == nil, search.text != nil else { return results }
        return try await similar(pool, now)
    }

    private func similar(_ pool: PostgresPool, _ now: Timestamp) async throws -> SearchResults {
        do {
            return try await page(pool, isSimilar: true, now)
        } catch let error as PostgresError where error.isTimeout {
            return SearchResults(listings: [], isSimilar: true)
        }
    }

    private func page(_ pool: PostgresPool, isSimilar: Bool, _ now: Timestamp) async throws -> SearchResults {
        // A custom plan, because the best index depends on the words and numbers. A timeout, because anyone may search
        // for a text that is similar to everything, on connections that all pages share.
        let rows = try await pool.pipeline([
            """
            SELECT set_config('plan_cache_mode', 'force_custom_plan', true),
                set_config('statement_timeout', \(isSimilar ? Self.similarTimeout : Self.timeout), true)
            """,
            // One extra row shows that another page follows.
            search.sql(after: cursor, isSimilar: isSimilar, limit: limit + 1, now: now),
        ])[1]
        var listings = try rows.decodeKnown(Listing.init(row:))
        guard listings.count > limit else { return SearchResults(listings: listings, isSimilar: isSimilar) }
        listings.removeLast()
        let next = listings.last.map { SearchCursor($0.state, in: search.sort, isSimilar: isSimilar) }
        return SearchResults(listings: listings, next: next, isSimilar: isSimilar)
    }
}
