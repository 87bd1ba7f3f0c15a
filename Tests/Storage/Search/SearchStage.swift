import FoundationEssentials
import Marketplace
import PostgresClient
import Support

@testable import Storage

/// Listings in a database of the test's own, as the tickets service stores them.
struct SearchStage {
    let pool: PostgresPool
    let reads: TicketReads

    static let now = Timestamp(seconds: 1_785_585_600)

    init() async throws {
        pool = try await freshPool()
        reads = TicketReads(pool)
    }

    static func listing(
        _ title: String, venue: String? = nil, city: String? = nil, inDays days: Int? = 30, price: Int64 = 2500,
        currency: String = "EUR", quantity: Int = 3, taken: Int = 0, withdrawn: Bool = false, age: Int = 0
    ) -> Listing {
        let made = now - .seconds(age)
        let state = TicketState(
            id: .new(), sellerId: .new(), title: title, price: price, currency: Currency(rawValue: currency) ?? .usd,
            quantity: quantity,
            details: EventDetails(
                venue: venue, city: city, startsAt: days.map { now + .seconds($0 * 86_400) },
                timeZone: days == nil ? nil : "UTC"),
            withdrawn: withdrawn, version: 1, createdAt: made, updatedAt: made)
        return Listing(state: state, held: 0, sold: taken)
    }

    func add(_ listings: [Listing]) async throws {
        for start in stride(from: 0, to: listings.count, by: 1000) {
            let part = listings[start..<min(start + 1000, listings.count)]
            _ = try await pool.pipeline(
                [TicketsStore().insert(part.sorted { $0.state.id < $1.state.id })].compactMap(\.self))
        }
    }

    /// The titles of all that is found, page by page.
    func titles(_ search: TicketSearch, limit: Int = 100) async throws -> [String] {
        try await all(search, limit: limit).map(\.state.title)
    }

    func all(_ search: TicketSearch, limit: Int) async throws -> [Listing] {
        var (found, place): ([Listing], SearchPlace?) = ([], nil)
        repeat {
            let page = try await reads.search(search, after: place, limit: limit, now: Self.now)
            found += page.listings
            place = page.next
        } while place != nil
        return found
    }

    /// The plan of a page, as text.
    func plan(_ search: TicketSearch, after place: SearchPlace? = nil) async throws -> String {
        let statement = search.sql(after: place, isSimilar: false, limit: 21, now: Self.now)
        let rows = try await pool.pipeline([
            "SELECT set_config('plan_cache_mode', 'force_custom_plan', true)", "EXPLAIN \(statement)",
        ])[1]
        return try rows.decode(String.self).joined(separator: "\n")
    }
}
