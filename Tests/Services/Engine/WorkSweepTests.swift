import Marketplace
import PostgresClient
import Storage
import Support
import Testing

@testable import Services

/// The sweep that processes work in slices.
@Suite struct WorkSweepTests {
    private let harness: ServiceHarness<ListingsHandler>
    private let seller = UserState(id: .new(), status: .active, role: .member, version: 1)
    private var work: Work { Work(.withdrawListings, seller.id.uuid) }

    init() async throws { harness = try await ServiceHarness(ListingsHandler()) }

    /// Bans a seller who has listings with these prices.
    private func ban(prices: [Int64]) async throws {
        for price in prices {
            try await harness.pool.execute(
                """
                INSERT INTO tickets.tickets (id, seller_id, title, price, currency, quantity, withdrawn, version,
                    created_at, updated_at)
                VALUES (gen_random_uuid(), \(seller.id), 'Row 1', \(price), 'USD', 1, false, 1, now(), now())
                """)
        }
        try await harness.deliver(
            .user(UserState(id: seller.id, status: .banned, role: .member, version: 2)), from: .users)
        try await harness.drain()
    }

    private func onSale() async throws -> [Int64] {
        try await harness.pool.query("SELECT price FROM tickets.tickets WHERE NOT withdrawn ORDER BY price")
            .decode(Int64.self)
    }

    @Test func oneWorkerAtATimeHasAWork() async throws {
        try await ban(prices: [1])
        try await harness.pool.withTransaction { transaction in
            let isLocked = try await harness.processor.storage.work.lock(work, in: transaction)
            let outcome = try await harness.processor.perform(WorkSlice(work))
            #expect(isLocked && outcome == .unavailable)
        }
        #expect(try await onSale() == [1])
        #expect(try await harness.processor.perform(WorkSlice(work)) == .progressed)
        #expect(try await harness.processor.perform(WorkSlice(work)) == .ended)
        #expect(try await harness.processor.perform(WorkSlice(work)) == .unavailable)
    }

    /// A row that can't be changed is skipped and tried again later. The other rows are changed.
    @Test func aRowThatFailsIsLeftOut() async throws {
        try await harness.pool.withConnection { connection in
            try await connection.script(
                unsafe: """
                    CREATE FUNCTION tickets.fail() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN RAISE EXCEPTION 'failure'; END $$;
                    CREATE TRIGGER fail BEFORE UPDATE ON tickets.tickets
                    FOR EACH ROW WHEN (NEW.price IN (2, 5)) EXECUTE FUNCTION tickets.fail();
                    """)
        }
        try await ban(prices: [1, 2, 3, 4, 5, 6])
        try await harness.runWork()
        #expect(try await onSale() == [2, 5])
        #expect(try await harness.number("SELECT count(*) FROM tickets.work") == 1)
        try await harness.pool.execute("DROP TRIGGER fail ON tickets.tickets")
        try await harness.runWork()
        #expect(try await onSale().isEmpty)
        #expect(try await harness.number("SELECT count(*) FROM tickets.work") == 0)
    }

    /// The doctor uses the recorded time of the last progress to report work that has stalled.
    @Test func aSliceNotesItsProgress() async throws {
        try await ban(prices: [1, 2])
        try await harness.pool.execute("UPDATE tickets.work SET started_at = started_at - interval '1 hour'")
        func stalled() async throws -> [Work] {
            try await harness.processor.storage.work.stalled(
                since: harness.clock.now() - .seconds(300), limit: 10, on: harness.pool
            ).map(\.work)
        }
        #expect(try await stalled() == [work])
        var slice = WorkSlice(work)
        slice.limit = 1
        #expect(try await harness.processor.perform(slice) == .progressed)
        #expect(try await stalled().isEmpty)
        harness.clock.advance(by: .seconds(400))
        // A slice that changes nothing makes no progress.
        slice.skipped = 1
        #expect(try await harness.processor.perform(slice) == .idle)
        #expect(try await stalled() == [work])
    }

    /// A newer build may have started work of an unknown kind.
    @Test func workOfAnUnknownKindIsLeftAlone() async throws {
        try await harness.pool.execute(
            "INSERT INTO tickets.work (kind, subject, started_at) VALUES ('of_a_newer_build', gen_random_uuid(), now())"
        )
        try await ban(prices: [1])
        try await harness.runWork()
        #expect(try await onSale().isEmpty)
        #expect(
            try await harness.pool.query("SELECT kind FROM tickets.work").decode(String.self) == ["of_a_newer_build"])
    }

    /// There are more works than fit into one page of the query.
    @Test func everyWorkGetsATurn() async throws {
        try await harness.pool.execute(
            """
            INSERT INTO tickets.users (id, status, version)
            SELECT gen_random_uuid(), 'banned', 2 FROM generate_series(1, 7)
            """)
        try await harness.pool.execute(
            """
            INSERT INTO tickets.work (kind, subject, started_at) SELECT 'withdraw_listings', id, now() FROM tickets.users
            """)
        let sweep = WorkSweep(processor: harness.processor, logger: ServiceHarness<ListingsHandler>.logger, pageSize: 2)
        try await sweep.sweep()
        #expect(try await harness.number("SELECT count(*) FROM tickets.work") == 0)
    }

    /// The sweep starts right after the commit; it does not wait for its interval.
    @Test func aCommitThatStartsWorkWakesTheSweep() async throws {
        let sweep = RunningService(
            WorkSweep(
                processor: harness.processor, logger: ServiceHarness<ListingsHandler>.logger, interval: .seconds(3600)))
        try await ban(prices: [1])
        try await waitUntil("SELECT NOT EXISTS (SELECT FROM tickets.work)", on: harness.pool)
        #expect(try await onSale().isEmpty)
        sweep.stop()
        try await sweep.wait()
    }
}
