import Marketplace
import PostgresClient
import Support
import Testing

@testable import Services

/// Unfinished listings with the real tables.
@Suite(.timeLimit(.minutes(2))) struct DraftStoreTests {
    private let harness: ServiceHarness<ListingsHandler>
    private let reads: ListingReads
    private let seller = UserState(id: .new(), status: .active, role: .member, version: 1)
    private let performance = PerformanceState(
        id: .new(), eventId: .new(), title: "Vespertine", category: .concert, performers: ["Björk"], venueId: .new(),
        venue: VenueDetails(name: "Harpa", city: "Reykjavík", country: "IS", timeZone: "Atlantic/Reykjavik"),
        times: PerformanceTimes(startsAt: .now() + .seconds(30 * 86_400)), status: .scheduled, mergedInto: nil,
        proposedBy: nil, version: 1, createdAt: .now(), updatedAt: .now())

    init() async throws {
        harness = try await ServiceHarness(ListingsHandler())
        reads = ListingReads(harness.pool)
        try await harness.deliver(.user(seller), from: .users)
        try await harness.deliver(performance.announcement, from: .catalogue)
        try await harness.drain()
    }

    private func send(_ command: some CommandPayload) async throws -> CommandID {
        try await harness.send(command, actor: .user(seller.id))
    }

    private func save(_ id: DraftID, _ content: ListingDraft.Content) async throws -> CommandID {
        try await send(
            SaveDraft(
                draftId: id, mayCreate: true, performanceId: performance.id, performanceVersion: 1, content: content,
                userVersion: 1))
    }

    private func list(_ draft: DraftID, _ content: ListingDraft.Content) -> CreateListing {
        CreateListing(
            title: "", price: content.price ?? 1, currency: content.currency ?? .usd, quantity: content.quantity,
            seats: content.seats, performanceId: performance.id, performanceVersion: 1, details: content.details,
            draftId: draft, userVersion: 1)
    }

    @Test func allValuesAreStored() async throws {
        let id = DraftID.new()
        let full = ListingDraft.Content(
            section: "Block “C”", row: "4", seats: ["11", "12"], quantity: 2, splitRule: .custom(QuantitySet([2])),
            note: "One\nTwo 🎟", price: 4500, currency: .usd, faceValue: 5000)
        for content in [ListingDraft.Content(quantity: 7), full] {
            let command = try await save(id, content)
            try await harness.drain()
            #expect(try await harness.refusal(of: command) == nil)
            let draft = try #require(try await reads.draft(id, of: seller.id))
            #expect(draft.content == content && draft.performanceId == performance.id)
        }
        #expect(try await reads.draft(id, of: .new()) == nil)
        _ = try await send(DeleteDraft(draftId: id))
        try await harness.drain()
        #expect(try await reads.drafts(of: seller.id).isEmpty)
    }

    @Test func twoListingsOfOneDraftInOneBatch() async throws {
        let id = DraftID.new()
        let content = ListingDraft.Content(quantity: 2, price: 4500, currency: .usd)
        // The draft is saved and listed in the same batch, too.
        _ = try await save(id, content)
        let commands = [try await send(list(id, content)), try await send(list(id, content))]
        try await harness.drain()
        #expect(try await harness.refusal(of: commands[0]) == nil)
        #expect(try await harness.refusal(of: commands[1]) == .notFound)
        #expect(try await harness.number("SELECT count(*) FROM tickets.tickets") == 1)
        #expect(try await harness.number("SELECT count(*) FROM tickets.drafts") == 0)
    }

    @Test func theLimitCountsStoredDrafts() async throws {
        let ids = (0...ListingDraft.limit).map { _ in DraftID.new() }
        for id in ids.dropLast() { _ = try await save(id, .init(quantity: 1)) }
        try await harness.drain()
        let more = try await save(ids[ListingDraft.limit], .init(quantity: 1))
        let change = try await save(ids[0], .init(quantity: 2))
        try await harness.drain()
        #expect(try await harness.refusal(of: more) == .conflict)
        #expect(try await harness.refusal(of: change) == nil)
        let drafts = try await reads.drafts(of: seller.id)
        #expect(drafts.count == ListingDraft.limit && drafts[0].id == ids[0])
    }

    @Test func oldDraftsAreDeleted() async throws {
        let (old, new) = (DraftID.new(), DraftID.new())
        for id in [old, new] { _ = try await save(id, .init(quantity: 1)) }
        try await harness.drain()
        try await harness.pool.execute(
            "UPDATE tickets.drafts SET updated_at = now() - interval '61 days' WHERE id = \(old)")
        let delete = ListingsStore(limits: .unlimited).draftDeletion(on: harness.pool)
        #expect(try await delete(.now(), 10) == 1)
        #expect(try await reads.drafts(of: seller.id).map(\.id) == [new])
    }

    @Test func aDraftOfANewerBuildIsLeftOut() async throws {
        let (known, unknown) = (DraftID.new(), DraftID.new())
        for id in [known, unknown] { _ = try await save(id, .init(quantity: 1)) }
        try await harness.drain()
        try await harness.pool.execute(
            "UPDATE tickets.drafts SET content = '{\"quantity\": \"many\"}' WHERE id = \(unknown)")
        #expect(try await reads.drafts(of: seller.id).map(\.id) == [known])
        // It can still be changed and deleted.
        let change = try await save(unknown, .init(quantity: 2))
        try await harness.drain()
        #expect(try await harness.refusal(of: change) == nil)
        #expect(try await reads.drafts(of: seller.id).count == 2)
    }
}
