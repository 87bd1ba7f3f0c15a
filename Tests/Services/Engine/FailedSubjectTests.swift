import FoundationEssentials
import Marketplace
import PostgresClient
import Streams
import Support
import Synchronization
import Testing

@testable import Services

/// Many commands about one damaged listing, beside commands about a healthy one.
@Suite final class FailedSubjectTests {
    /// One buyer for each order, so that no order meets a limit on a single buyer.
    private let buyers = (0..<250).map { _ in UserState(id: .new(), status: .active, role: .member, version: 1) }
    private let nextBuyer = Atomic(0)

    private static func listing() -> ListingState {
        ListingState(
            id: .new(), sellerId: .new(), title: "Row 1", price: 2500, currency: .usd, quantity: 500,
            details: ShowDetails(), withdrawn: false, version: 1, createdAt: .now(), updatedAt: .now())
    }

    private func order(_ listing: ListingState, in harness: ServiceHarness<OrdersHandler>) async throws -> CommandID {
        let buyer = buyers[nextBuyer.add(1, ordering: .relaxed).oldValue]
        return try await harness.send(
            CreateOrder(ticketId: listing.id, quantity: 1, price: nil, ticketVersion: 1, userVersion: 1),
            actor: .user(buyer.id))
    }

    /// Returns a harness with both listings. The damaged counter of the first listing allocates unit 1 again.
    private func harness(
        damaged: ListingState, healthy: ListingState, failureDelay: Duration = .milliseconds(1)
    ) async throws -> ServiceHarness<OrdersHandler> {
        let harness = try await ServiceHarness(
            OrdersHandler(store: OrdersStore(rules: OrdersRules())), failureDelay: failureDelay)
        for buyer in buyers { try await harness.deliver(.user(buyer), from: .users) }
        for listing in [damaged, healthy] { try await harness.deliver(.listing(listing), from: .listings) }
        _ = try await order(damaged, in: harness)
        try await harness.drain()
        try await harness.pool.execute(
            "UPDATE orders.tickets SET held = 0, next_unit = 1, free_from = 1 WHERE id = \(damaged.id)")
        return harness
    }

    /// Counts the transactions, including those that fail: a sequence is not rolled back.
    private func countTransactions(_ harness: ServiceHarness<OrdersHandler>) async throws {
        for statement: SQL in [
            "CREATE SEQUENCE orders.tries",
            """
            CREATE FUNCTION orders.count_try() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM nextval('orders.tries'); RETURN NULL; END $$
            """,
            """
            CREATE TRIGGER tries BEFORE INSERT ON orders.inbox
            FOR EACH STATEMENT EXECUTE FUNCTION orders.count_try()
            """,
        ] { try await harness.pool.execute(statement) }
    }

    /// During many deadlocks, commands about a healthy listing fail too.
    @Test func lostRacesDoNotRefuseAListing() async throws {
        let (damaged, healthy) = (Self.listing(), Self.listing())
        // The failed commands are not tried again, so each batch has only the new command.
        let harness = try await harness(damaged: damaged, healthy: healthy, failureDelay: .seconds(3600))
        for statement: SQL in [
            """
            CREATE FUNCTION orders.lose_race() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$
            """,
            """
            CREATE TRIGGER races BEFORE INSERT ON orders.allocations
            FOR EACH STATEMENT EXECUTE FUNCTION orders.lose_race()
            """,
        ] { try await harness.pool.execute(statement) }
        for _ in 0..<3 {
            _ = try await order(healthy, in: harness)
            try await harness.handle(try #require(try await harness.consumer.next()))
        }
        try await harness.pool.execute("DROP TRIGGER races ON orders.allocations")
        let accepted = try await order(healthy, in: harness)
        try await harness.handle(try #require(try await harness.consumer.next()))
        #expect(try await harness.replies(to: accepted).map(\.outcome) == ["done"])
    }

    @Test func aDamagedListingCostsTheOthersLittle() async throws {
        let (damaged, healthy) = (Self.listing(), Self.listing())
        let harness = try await harness(damaged: damaged, healthy: healthy)
        var (bad, good): ([CommandID], [CommandID]) = ([], [])
        for index in 0..<180 {
            if index % 3 == 0 { bad.append(try await order(damaged, in: harness)) }
            good.append(try await order(healthy, in: harness))
        }
        try await countTransactions(harness)
        let batch = try #require(try await harness.consumer.next())
        #expect(batch.entries.count == 240)
        try await harness.handle(batch)

        // Two commands fail alone. The others about the damaged listing are refused immediately; all commands about the
        // healthy listing are accepted.
        for id in good { #expect(try await harness.replies(to: id).map(\.outcome) == ["done"]) }
        let refused = try await harness.replies().filter { $0.outcome == "busy" }
        #expect(Set(refused.map(\.id)).isSubset(of: bad.map(\.description)))
        #expect(refused.count == bad.count - 2)
        #expect(try await harness.count("ZCARD", harness.keys.deferred(.orders)) == 2)
        // Each of the two commands is found by a binary search in the batch of 240.
        #expect(try await harness.number("SELECT last_value FROM orders.tries") <= 32)

        // The two commands become dead letters, and commands that arrive in the meantime are refused.
        let later = try await order(damaged, in: harness)
        try await harness.drain()
        #expect(try await harness.replies(to: later).map(\.outcome) == ["busy"])
        #expect(try await harness.deadLetterCount() == 2)
    }

    @Test func aMendedListingIsTriedAgainAndAccepted() async throws {
        let (damaged, healthy) = (Self.listing(), Self.listing())
        let harness = try await harness(damaged: damaged, healthy: healthy)
        for _ in 0..<3 { _ = try await order(damaged, in: harness) }
        try await harness.drain()
        try await harness.pool.execute("UPDATE orders.tickets SET held = 1, next_unit = 2 WHERE id = \(damaged.id)")
        let early = try await order(damaged, in: harness)
        try await harness.drain()
        #expect(try await harness.replies(to: early).map(\.outcome) == ["busy"])
        harness.clock.advance(by: .seconds(31))
        let trial = try await order(damaged, in: harness)
        try await harness.drain()
        #expect(try await harness.replies(to: trial).map(\.outcome) == ["done"])
        let next = try await order(damaged, in: harness)
        try await harness.drain()
        #expect(try await harness.replies(to: next).map(\.outcome) == ["done"])
    }
}
