import FoundationEssentials
import Marketplace
import PostgresClient
import Storage
import Streams
import Support
import Testing

@testable import Services

/// Copies of performances and the listings that follow them, with real servers.
@Suite(.timeLimit(.minutes(2))) struct FollowedPerformancesTests {
    private let harness: ServiceHarness<ListingsHandler>
    private let seller = UserState(id: .new(), status: .active, role: .member, version: 1)
    private let start = Timestamp(seconds: Timestamp.now().microseconds / 1_000_000 + 30 * 86_400)

    init() async throws {
        harness = try await ServiceHarness(ListingsHandler())
        try await harness.deliver(.user(seller), from: .users)
        try await harness.drain()
    }

    private func performance(
        _ id: PerformanceID = .new(), _ status: PerformanceState.Status = .scheduled, version: Int64 = 1,
        title: String = "Vespertine", into winner: PerformanceID? = nil
    ) -> PerformanceState {
        PerformanceState(
            id: id, eventId: .new(), title: title, category: .concert, performers: ["Björk"], venueId: .new(),
            venue: VenueDetails(name: "Harpa", city: "Reykjavík", country: "IS", timeZone: "Atlantic/Reykjavik"),
            times: PerformanceTimes(startsAt: start + .seconds(version)), status: status, mergedInto: winner,
            proposedBy: seller.id, version: version, createdAt: .now(), updatedAt: .now())
    }

    private func deliver(_ states: PerformanceState...) async throws {
        for state in states { try await harness.deliver(state.announcement, from: .catalogue) }
        try await harness.drain()
    }

    private func list(_ performance: PerformanceState, price: Int64 = 2500) async throws -> ListingID {
        let id = try await harness.send(
            CreateListing(
                title: "", price: price, currency: .usd, quantity: 4, performanceId: performance.id,
                performanceVersion: performance.version, userVersion: 1), actor: .user(seller.id))
        try await harness.drain()
        #expect(try await harness.refusal(of: id) == nil)
        return ListingID(id.uuid)
    }

    private func read(_ id: ListingID) async throws -> Listing {
        try #require(try await ListingReads(harness.pool).listing(id))
    }

    /// Inserts listings that were made from version 1 of the performance.
    private func insert(_ number: Int, of performance: PerformanceState) async throws {
        try await harness.pool.execute(
            """
            INSERT INTO tickets.tickets (id, seller_id, title, price, currency, quantity, performance_id,
                performance_version, venue, city, starts_at, time_zone, withdrawn, version, created_at, updated_at)
            SELECT gen_random_uuid(), \(seller.id), 'Vespertine', 2500, 'USD', 1, \(performance.id), 1, 'Harpa',
                'Reykjavík', \(start), 'Atlantic/Reykjavik', false, 1, now(), now()
            FROM generate_series(1, \(Int64(number)))
            """)
    }

    @Test func aListingIsStoredWithItsPerformance() async throws {
        let performance = performance()
        try await deliver(performance)
        let stored = try await read(try await list(performance))
        #expect(stored.state.performanceId == performance.id && stored.performanceVersion == 1)
        #expect(stored.state.title == "Vespertine" && stored.state.details.venue == "Harpa")
        let event = try await harness.pool.query("SELECT body::text FROM tickets.outbox")[0].decode(String.self)
        #expect(try JSONDecoder().decode(ListingState.self, from: Data(event.utf8)) == stored.state)
    }

    @Test func aListingWaitsForTheEventOfItsPerformance() async throws {
        harness.clock.stop()
        let performance = performance()
        let id = try await harness.send(
            CreateListing(
                title: "", price: 2500, currency: .usd, quantity: 4, performanceId: performance.id,
                performanceVersion: 1, userVersion: 1), actor: .user(seller.id))
        let first = try #require(try await harness.consumer.next())
        try await harness.handle(first)
        #expect(try await harness.replies(to: id).isEmpty)
        try await deliver(performance)
        #expect(try await harness.replies(to: id).map(\.outcome) == ["done"])
    }

    @Test func aPostponementSuspendsAllListingsInSlicesAndANewDateResumesThem() async throws {
        let performance = performance()
        try await deliver(performance)
        try await insert(450, of: performance)
        let sizes = try await TransactionSizes(of: "tickets.tickets", on: harness.pool)
        try await deliver(self.performance(performance.id, .postponed, version: 2))
        #expect(try await harness.number("SELECT count(*) FROM tickets.tickets WHERE withdrawn") == 0)
        try await harness.runWork()
        let suspended = "withdrawn AND suspended_reason = 'postponed' AND suspended_on_sale AND version = 2"
        #expect(try await harness.number("SELECT count(*) FROM tickets.tickets WHERE \(unsafe: suspended)") == 450)
        #expect(try await harness.number("SELECT count(*) FROM tickets.work") == 0)
        let changes = try await sizes.summary(of: "tickets.tickets")
        #expect(changes.rows == 450 && changes.largest <= 200, "\(changes)")
        await #expect(throws: PostgresError.self) {
            try await harness.pool.execute("UPDATE tickets.tickets SET withdrawn = false")
        }

        try await deliver(self.performance(performance.id, version: 3))
        try await harness.runWork()
        let resumed: SQL = "NOT withdrawn AND suspended_reason IS NULL AND starts_at = \(start + .seconds(3))"
        #expect(try await harness.number("SELECT count(*) FROM tickets.tickets WHERE \(resumed)") == 450)
        #expect(try await harness.number("SELECT count(*) FROM tickets.outbox") == 900)
    }

    /// The winner's event may arrive after the loser's, and then the winner is merged, too.
    @Test func theListingsOfAMergedPerformanceFollowTheLastWinner() async throws {
        let (loser, winner, last) = (performance(), performance(title: "Winner"), performance(title: "Last"))
        try await deliver(loser)
        let listing = try await list(loser)
        try await deliver(performance(loser.id, .merged, version: 2, into: winner.id))
        try await harness.runWork()
        #expect(try await read(listing).state.performanceId == loser.id)
        #expect(try await harness.number("SELECT count(*) FROM tickets.work") == 1)
        try await deliver(winner)
        try await harness.runWork()
        #expect(try await read(listing).state.performanceId == winner.id)
        #expect(try await read(listing).state.title == "Winner")
        try await deliver(
            last, performance(winner.id, .merged, version: 2, into: last.id),
            performance(loser.id, .merged, version: 3, into: last.id))
        try await harness.runWork()
        #expect(try await read(listing).state.title == "Last")
        #expect(try await harness.number("SELECT count(*) FROM tickets.work") == 0)
    }

    /// A command that creates a listing holds the lock on the performance, so no slice misses the listing.
    @Test func aListingThatIsBeingMadeIsSuspendedToo() async throws {
        let performance = performance()
        try await deliver(performance)
        let other = try await ServiceHarness(ListingsHandler(), sharing: harness)
        let id = try await harness.send(
            CreateListing(
                title: "", price: 2500, currency: .usd, quantity: 4, performanceId: performance.id,
                performanceVersion: 1, userVersion: 1), actor: .user(seller.id))
        let first = try #require(try await harness.consumer.next())
        try await harness.deliver(
            self.performance(performance.id, .cancelled, version: 2).announcement, from: .catalogue)
        let second = try #require(try await other.consumer.next())
        let workers = try await harness.holdingCommits {
            let one = Task { try await harness.handle(first) }
            try await harness.waitForLocks(1)
            // Without the lock, this worker would commit and end the work before the listing is stored.
            let two = Task {
                try await other.handle(second)
                try await other.runWork()
            }
            try await harness.waitForLocks(2)
            return [one, two]
        }
        for worker in workers { try await worker.value }
        #expect(try await read(ListingID(id.uuid)).state.suspended?.reason == .eventCancelled)
    }

    @Test func theSliceOfALargePerformanceReadsOnlyWhatIsBehind() async throws {
        let performance = performance()
        try await deliver(performance)
        try await insert(3000, of: performance)
        try await harness.pool.execute("UPDATE tickets.tickets SET performance_version = 2")
        try await insert(1, of: performance)
        try await harness.pool.execute("UPDATE tickets.performances SET version = 2")
        try await harness.pool.execute("VACUUM ANALYZE tickets.tickets")
        let query = harness.processor.handler.store.behind(
            WorkSlice(Work(.followPerformance, performance.id.uuid)))
        let plan = try await harness.pool.query("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) \(query)")
            .decode(String.self).joined(separator: "\n")
        #expect(plan.contains("tickets_of_performance") && !plan.contains("Rows Removed by Filter"), "\(plan)")
    }
}
