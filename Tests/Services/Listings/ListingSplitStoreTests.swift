import Marketplace
import PostgresClient
import Streams
import Support
import Testing

@testable import Services

/// Split rules of listings with the real tables.
@Suite struct ListingSplitStoreTests {
    private let seller = UserState(id: .new(), status: .active, role: .member, version: 1)

    private func harness() async throws -> ServiceHarness<ListingsHandler> {
        let harness = try await ServiceHarness(ListingsHandler(store: ListingsStore(limits: .unlimited)))
        try await harness.deliver(.user(seller), from: .users)
        try await harness.drain()
        return harness
    }

    private func list(
        _ quantity: Int, _ rule: SplitRule?, in harness: ServiceHarness<ListingsHandler>
    ) async throws -> (ListingID, Refusal.Code?) {
        let create = CreateListing(
            title: "Row 1", price: 2500, currency: .usd, quantity: quantity, splitRule: rule, userVersion: 1)
        let id = try await harness.send(create, actor: .user(seller.id))
        try await harness.drain()
        return (ListingID(id.uuid), try await harness.refusal(of: id))
    }

    private func change(
        _ listing: ListingID, to rule: SplitRule, in harness: ServiceHarness<ListingsHandler>
    ) async throws -> Refusal.Code? {
        let id = try await harness.send(
            ChangeListing(ticketId: listing, splitRule: rule, userVersion: 1), actor: .user(seller.id))
        try await harness.drain()
        return try await harness.refusal(of: id)
    }

    @Test func theRuleIsStoredAndAnnounced() async throws {
        let harness = try await harness()
        let reads = ListingReads(harness.pool)
        let (listing, refusal) = try await list(5, .custom(QuantitySet([2, 3])), in: harness)
        #expect(refusal == nil)
        #expect(try await reads.listing(listing)?.state.splitRule == .custom(QuantitySet([2, 3])))
        let announced = try await harness.pool.query(
            "SELECT body::json ->> 'splitRule' FROM tickets.outbox ORDER BY id DESC LIMIT 1")
        #expect(try announced[0].decode(String.self) == "2,3")

        #expect(try await change(listing, to: .noSingle, in: harness) == nil)
        #expect(try await reads.listing(listing)?.state.splitRule == .noSingle)
        #expect(try await change(listing, to: .any, in: harness) == nil)
        #expect(try await reads.listing(listing)?.state.splitRule == nil)
        #expect(try await harness.number("SELECT count(*) FROM tickets.tickets WHERE split_rule IS NULL") == 1)
    }

    @Test func aRuleThatCannotSellTheListingIsRefused() async throws {
        let harness = try await harness()
        #expect(try await list(5, .pairs, in: harness).1 == .lotDoesNotSplit)
        let (listing, _) = try await list(4, nil, in: harness)
        let order = OrderState(
            id: .new(), userId: .new(), ticketId: listing, ticketTitle: "Row 1", quantity: 1, price: 2500, total: 2500,
            currency: .usd, status: .awaitingPayment, reason: nil, attempt: nil, expiresAt: .now(), createdAt: .now(),
            updatedAt: .now(), version: 1)
        try await harness.deliver(order.announcement, from: .orders)
        try await harness.drain()
        #expect(try await change(listing, to: .pairs, in: harness) == .splitBusy)
    }

    /// A listing with a rule of a newer build is left out, and does not affect others.
    @Test func anUnknownRuleIsSkipped() async throws {
        let harness = try await harness()
        let (newer, _) = try await list(4, nil, in: harness)
        let (known, _) = try await list(4, .pairs, in: harness)
        try await harness.pool.execute("UPDATE tickets.tickets SET split_rule = 'of_a_newer_build' WHERE id = \(newer)")
        let found = try await ListingReads(harness.pool).listings([newer, known])
        #expect(found.map(\.state.id) == [known])
    }
}
