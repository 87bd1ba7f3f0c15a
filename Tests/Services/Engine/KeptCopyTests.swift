import FoundationEssentials
import Marketplace
import PostgresClient
import Storage
import Streams
import Support
import Testing

@testable import Services

/// Copies that the engine keeps for a service, in addition to what its handler decides.
@Suite struct KeptCopyTests {
    private struct Title: FactCopy, Equatable {
        var id: ListingID
        var title: String
        var version: Int64
        var factID: UUID { id.uuid }
    }

    /// A type of event that the orders service's handler ignores. The handler decides on `ticketCreated`, which is the
    /// copy's other type of event.
    private static let ignored = EventType("TicketTranslated")

    private let copy = PlainCopy(
        of: .listings,
        in: CopyTable<Title>(follower: .orders, table: "orders.titles", columns: "id, title, version") { row in
            Title(
                id: try row.decode("id", as: ListingID.self), title: try row.decode("title", as: String.self),
                version: try row.decode("version", as: Int64.self))
        },
        events: [ignored, .ticketCreated],
        make: { Title(id: $0.id, title: $0.title, version: $0.version) },
        upsert: { titles in
            """
            INSERT INTO orders.titles AS copy (id, title, version)
            SELECT unnest(\(titles.map(\.id))), unnest(\(titles.map(\.title))), unnest(\(titles.map(\.version)))
            ON CONFLICT (id) DO UPDATE SET title = excluded.title, version = excluded.version
            WHERE copy.version < excluded.version
            """
        },
        delete: { "DELETE FROM orders.titles WHERE id = \($0)" })

    private func harness() async throws -> ServiceHarness<OrdersHandler> {
        let harness = try await ServiceHarness(
            OrdersHandler(store: OrdersStore(rules: OrdersRules())), copies: [copy])
        try await harness.pool.execute(
            "CREATE TABLE orders.titles (id uuid PRIMARY KEY, title text NOT NULL, version bigint NOT NULL)")
        return harness
    }

    private func state(_ id: ListingID, _ title: String, version: Int64) -> ListingState {
        ListingState(
            id: id, sellerId: .new(), title: title, price: 2500, currency: .usd, quantity: 1, withdrawn: false,
            version: version, createdAt: .now(), updatedAt: .now())
    }

    private func event(_ state: ListingState) -> NewEvent {
        NewEvent(Self.ignored, subject: state.id, version: state.version, body: state)
    }

    private func stored(_ id: ListingID, _ harness: ServiceHarness<OrdersHandler>) async throws -> Title? {
        try await copy.copies.find([id.uuid], on: harness.pool)[id.uuid]
    }

    @Test func anOlderVersionNeverReplacesANewerOne() async throws {
        let (harness, id) = (try await harness(), ListingID.new())
        for (title, version) in [("two", 2), ("one", 1), ("three", 3)] as [(String, Int64)] {
            try await harness.deliver(event(state(id, title, version: version)), from: .listings)
            try await harness.drain()
            #expect(try await stored(id, harness)?.version == max(version, 2))
        }
        #expect(try await stored(id, harness) == Title(id: id, title: "three", version: 3))
    }

    @Test func theNewestVersionOfABatchIsWritten() async throws {
        let (harness, id, other) = (try await harness(), ListingID.new(), ListingID.new())
        for (id, title, version) in [(id, "new", 2), (other, "alone", 1), (id, "old", 1)]
            as [(ListingID, String, Int64)]
        {
            try await harness.deliver(event(state(id, title, version: version)), from: .listings)
        }
        try await harness.drain()
        #expect(try await stored(id, harness) == Title(id: id, title: "new", version: 2))
        #expect(try await stored(other, harness) == Title(id: other, title: "alone", version: 1))
    }

    @Test func anEventCanBeDecidedAndCopied() async throws {
        let (harness, id) = (try await harness(), ListingID.new())
        try await harness.deliver(state(id, "both", version: 1).announcement, from: .listings)
        try await harness.drain()
        #expect(try await stored(id, harness)?.title == "both")
        #expect(try await CopyTable<ListingCopy>.listings.find([id.uuid], on: harness.pool)[id.uuid]?.version == 1)
    }

    @Test func aRepeatedEventIsInTheInboxOnce() async throws {
        let (harness, id, event) = (try await harness(), ListingID.new(), EventID.new())
        for _ in 0..<2 {
            try await harness.deliver(self.event(state(id, "once", version: 1)), from: .listings, id: event)
            try await harness.drain()
        }
        let rows = try await harness.pool.query("SELECT count(*) FROM orders.inbox WHERE id = \(event.uuid)")
        #expect(try rows[0].decode(Int.self) == 1)
    }

    @Test func aCopyThatIsClosedIsDeleted() async throws {
        let (harness, id) = (try await harness(), ListingID.new())
        try await harness.deliver(event(state(id, "gone", version: 1)), from: .listings)
        try await harness.drain()
        let stored = try #require(try await stored(id, harness))
        try await copy.close(stored, at: .now(), by: DirectDecider(pool: harness.pool, now: .now()))
        #expect(try await self.stored(id, harness) == nil)
    }
}
