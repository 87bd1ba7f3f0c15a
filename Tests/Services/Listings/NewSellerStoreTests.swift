import Marketplace
import PostgresClient
import Streams
import Support
import Testing

@testable import Services

/// The limits on new sellers, counted in the database.
@Suite struct NewSellerStoreTests {
    private let seller = UserState(id: .new(), status: .active, role: .member, version: 1)
    private let create = CreateListing(title: "Row 1", price: 2500, currency: .usd, quantity: 30, userVersion: 1)

    private func harness(_ limits: NewSellerLimits) async throws -> ServiceHarness<ListingsHandler> {
        let harness = try await ServiceHarness(ListingsHandler(store: ListingsStore(limits: limits)))
        try await harness.deliver(.user(seller), from: .users)
        try await harness.drain()
        return harness
    }

    private func list(in harness: ServiceHarness<ListingsHandler>) async throws -> Refusal.Code? {
        let id = try await harness.send(create, actor: .user(seller.id))
        try await harness.drain()
        return try await harness.refusal(of: id)
    }

    /// Without the limits, a new account could create 150 listings of 1,000,000 units in a second.
    @Test func listingsOfANewSellerAreLimited() async throws {
        let harness = try await harness(NewSellerLimits(listings: 4, units: 100))
        for _ in 1...3 { #expect(try await list(in: harness) == nil) }
        #expect(try await list(in: harness) == .newSellerLimit)
        #expect(try await harness.number("SELECT count(*) FROM tickets.tickets") == 3)

        // Listings off sale do not count.
        let id = try await harness.pool.query("SELECT id FROM tickets.tickets LIMIT 1")[0].decode(ListingID.self)
        try await harness.send(
            ChangeListing(ticketId: id, withdrawn: true, userVersion: 1), actor: .user(seller.id))
        #expect(try await list(in: harness) == nil)
        #expect(try await list(in: harness) == .newSellerLimit)

        try await harness.pool.execute("UPDATE tickets.tickets SET sold = 1 WHERE id = \(id)")
        for _ in 1...3 { #expect(try await list(in: harness) == nil) }
    }

    @Test func theNumberOfListingsIsLimited() async throws {
        let harness = try await harness(NewSellerLimits(listings: 2, units: nil))
        for _ in 1...3 { try await harness.send(create, actor: .user(seller.id)) }
        try await harness.drain()
        #expect(try await list(in: harness) == .newSellerLimit)
        #expect(try await harness.number("SELECT count(*) FROM tickets.tickets") == 2)
    }

    @Test func withdrawnListingsCountTowardsThoseThatWereCreated() async throws {
        let harness = try await harness(NewSellerLimits(listings: 1, units: nil))
        for _ in 1...5 {
            #expect(try await list(in: harness) == nil)
            try await harness.pool.execute("UPDATE tickets.tickets SET withdrawn = true")
        }
        #expect(try await list(in: harness) == .newSellerLimit)
        try await harness.pool.execute("UPDATE tickets.tickets SET sold = 1")
        #expect(try await list(in: harness) == nil)
    }

    /// The seller may list more, or raise the quantity, while a listing is taken down.
    @Test func aListingThatIsPutBackCountsAgain() async throws {
        let harness = try await harness(NewSellerLimits(listings: 2, units: nil))
        #expect(try await list(in: harness) == nil)
        let id = try await harness.pool.query("SELECT id FROM tickets.tickets")[0].decode(ListingID.self)
        try await harness.send(TakeDownListing(ticketId: id, reason: .other), actor: .operator)
        for _ in 1...2 { #expect(try await list(in: harness) == nil) }
        try await harness.send(PutBackListing(ticketId: id, sellerId: seller.id), actor: .operator)
        try await harness.drain()
        let state = try #require(try await ListingReads(harness.pool).listing(id)).state
        #expect(state.takenDown == nil && state.withdrawn)
    }

    /// Two workers have a batch each. The second counts the listings that the first has committed.
    @Test func concurrentListingsDoNotExceedTheLimit() async throws {
        let harness = try await harness(NewSellerLimits(listings: 3, units: nil))
        try await harness.race(create, actor: .user(seller.id))
        #expect(try await harness.number("SELECT count(*) FROM tickets.tickets") == 3)
    }

    /// A seller's other listings are not read: the counts use indexes, and stop at the limit.
    @Test func manyListingsOfASellerCostNothing() async throws {
        let harness = try await harness(NewSellerLimits())
        let states = (1...2000).map { number in
            ListingState(
                id: .new(), sellerId: number % 2 == 0 ? seller.id : .new(), title: "Row 1", price: 2500, currency: .usd,
                quantity: 1, withdrawn: number % 4 == 0, version: 1, createdAt: .now(), updatedAt: .now())
        }
        let store = harness.processor.handler.store
        let listings = states.map { Listing(state: $0, held: 0, sold: 0) }
        _ = try await harness.pool.pipeline([store.insert(listings)].compactMap(\.self))
        try await harness.pool.execute("ANALYZE tickets.tickets")
        let query = try #require(store.offers(of: [seller.id], batchListings: 5))
        let plan = try await harness.pool.query("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) \(query)")
            .decode(String.self).joined(separator: "\n")
        #expect(plan.contains("_of_seller on tickets") && !plan.contains("Seq Scan on tickets"), "\(plan)")
        #expect(!plan.contains("Rows Removed by Filter"), "\(plan)")
        let pages = try #require(plan.firstMatch(of: /Buffers: shared hit=(\d+)/).flatMap { Int($0.1) })
        #expect(pages < 40, "\(plan)")
        #expect(try await list(in: harness) == .newSellerLimit)
    }
}
