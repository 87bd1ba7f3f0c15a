import Marketplace
import PostgresClient

/// A page of a search, to be read.
struct SearchPage: Hashable, Sendable {
    let search: TicketSearch
    /// Where the page before ended.
    let place: SearchPlace?
    let limit: Int
    /// When what has begun is over; nil for the moment that it is read.
    let now: Timestamp?

    /// - Throws: ``SearchTookTooLong``.
    func read(from pool: PostgresPool) async throws -> SearchResults {
        let now = now ?? .now()
        if place?.isSimilar == true { return try await similar(pool, now) }
        let found: SearchResults
        do {
            found = try await page(pool, isSimilar: false, now)
        } catch let error as PostgresError where error.isTimeout {
            throw SearchTookTooLong()
        }
        guard found.listings.isEmpty, place == nil, search.text != nil else { return found }
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
        // Which index serves best depends on the words and numbers: a plan for any of them is a plan for none.
        // And anyone may look for what is like a little of everything, on connections that all pages share.
        let patience = isSimilar ? "500ms" : "1500ms"
        let rows = try await pool.pipeline([
            """
            SELECT set_config('plan_cache_mode', 'force_custom_plan', true),
                set_config('statement_timeout', \(patience), true)
            """,
            // One more than asked for tells whether another page follows.
            search.sql(after: place, isSimilar: isSimilar, limit: limit + 1, now: now),
        ])[1]
        var listings = try rows.map(Listing.init(row:))
        guard listings.count > limit else { return SearchResults(listings: listings, isSimilar: isSimilar) }
        listings.removeLast()
        let next = listings.last.map { SearchPlace($0.state, in: search.sort, isSimilar: isSimilar) }
        return SearchResults(listings: listings, next: next, isSimilar: isSimilar)
    }
}
