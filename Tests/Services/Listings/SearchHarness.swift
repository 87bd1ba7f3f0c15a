import FoundationEssentials
import Marketplace
import PostgresClient
import Support

@testable import Services

/// Stored listings in a separate database.
struct SearchHarness {
    let pool: PostgresPool
    let reads: ListingReads

    /// 1 August 2026, 12:00 UTC.
    static let now = Timestamp(seconds: 1_785_585_600)

    init() async throws {
        pool = try await freshPool()
        // The cases of a test search at the same time.
        var limiters = SearchLimiters()
        limiters.nearest = SearchLimiter(maxRunning: 2)
        reads = ListingReads(pool, limiters: limiters)
    }

    static func listing(
        _ title: String, venue: String? = nil, city: String? = nil, inDays days: Int? = 30, price: Int64 = 2500,
        currency: String = "EUR", quantity: Int = 3, taken: Int = 0, withdrawn: Bool = false, age: Int = 0
    ) -> Listing {
        let createdAt = now - .seconds(age)
        let state = ListingState(
            id: .new(), sellerId: .new(), title: title, price: price, currency: Currency(rawValue: currency) ?? .usd,
            quantity: quantity,
            details: ShowDetails(
                venue: venue, city: city, startsAt: days.map { now + .seconds($0 * 86_400) },
                timeZone: days == nil ? nil : "UTC"),
            withdrawn: withdrawn, version: 1, createdAt: createdAt, updatedAt: createdAt)
        return Listing(state: state, held: 0, sold: taken)
    }

    func add(_ listings: [Listing]) async throws {
        for start in stride(from: 0, to: listings.count, by: 1000) {
            let part = listings[start..<min(start + 1000, listings.count)]
            _ = try await pool.pipeline(
                [ListingsStore(limits: .unlimited).insert(part.sorted { $0.state.id < $1.state.id })].compactMap(\.self)
            )
        }
    }

    /// Returns the titles of all results, read page by page.
    func titles(_ search: ListingSearch, limit: Int = 100) async throws -> [String] {
        try await all(search, limit: limit).map(\.state.title)
    }

    func all(_ search: ListingSearch, limit: Int) async throws -> [Listing] {
        var (results, cursor): ([Listing], SearchCursor?) = ([], nil)
        repeat {
            let page = try await page(search, after: cursor, limit: limit)
            results += page.listings
            cursor = page.next
        } while cursor != nil
        return results
    }

    /// Repeats a search that fails because a busy machine is slow: it throws, or finds no similar listings in time.
    func page(
        _ search: ListingSearch, after cursor: SearchCursor? = nil, limit: Int = 10
    ) async throws -> SearchResults {
        for _ in 0..<3 {
            let page = try? await reads.search(search, after: cursor, limit: limit, now: Self.now)
            if let page, !page.isSimilar || !page.listings.isEmpty { return page }
        }
        return try await reads.search(search, after: cursor, limit: limit, now: Self.now)
    }

    /// Returns the query plan of a page, as text.
    func plan(_ search: ListingSearch, after cursor: SearchCursor? = nil) async throws -> String {
        let statement = SearchQuery(search, now: Self.now).sql(after: cursor, limit: 21, now: Self.now)
        let rows = try await pool.pipeline([
            "SELECT set_config('plan_cache_mode', 'force_custom_plan', true)", "EXPLAIN \(statement)",
        ])[1]
        return try rows.decode(String.self).joined(separator: "\n")
    }
}
