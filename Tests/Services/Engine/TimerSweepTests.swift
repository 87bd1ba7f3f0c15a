import Marketplace
import PostgresClient
import RedisClient
import Support
import Testing

@testable import Services
@testable import Streams

/// The sweep acts on overdue timers, and sets the timers that Redis lacks. Its subjects are listings, at the start of
/// their show.
@Suite struct TimerSweepTests {
    private let harness: ServiceHarness<ListingsHandler>
    private var timers: Timers { harness.timers(.showStart) }

    init() async throws { harness = try await ServiceHarness(ListingsHandler()) }

    /// Inserts a listing whose show starts after this time by the harness's clock. No event sets its timer.
    @discardableResult
    private func listing(startsIn time: Duration?, price: Int64 = 1) async throws -> TimerSubjectID {
        let id = TimerSubjectID.new()
        let start = time.map { harness.clock.now() + $0 }
        try await harness.pool.execute(
            """
            INSERT INTO tickets.tickets (id, seller_id, title, price, currency, quantity, starts_at, time_zone,
                withdrawn, version, created_at, updated_at)
            VALUES (\(id), gen_random_uuid(), 'Row 1', \(price), 'USD', 1, \(start), \(start.map { _ in "UTC" }), false,
                1, now(), now())
            """)
        return id
    }

    private func onSale() async throws -> Int {
        try await harness.number("SELECT count(*) FROM tickets.tickets WHERE NOT withdrawn")
    }

    /// Redis has no timers, for example because it has lost its data, or because expiration does not run.
    @Test func theSweepActsWithoutRedis() async throws {
        harness.clock.stop()
        for seconds in [-60, -4, -1, 60] { try await listing(startsIn: .seconds(seconds)) }
        try await listing(startsIn: nil)
        let sweep = harness.timerSweep(.showStart)
        #expect(try await sweep.actOnOverdue(at: harness.clock.now()) == 2)
        #expect(try await onSale() == 3)
        #expect(try await sweep.actOnOverdue(at: harness.clock.now()) == 0)
        harness.clock.advance(by: .seconds(5))
        #expect(try await sweep.actOnOverdue(at: harness.clock.now()) == 1)
        #expect(
            try await harness.number("SELECT count(*) FROM tickets.outbox WHERE type = 'TicketUpdated' AND version = 2")
                == 3)
    }

    @Test func aLargeBacklogIsDoneInSlices() async throws {
        for _ in 0..<7 { try await listing(startsIn: .seconds(-60)) }
        #expect(try await harness.timerSweep(.showStart, limit: 2).actOnOverdue(at: harness.clock.now()) == 7)
        #expect(try await onSale() == 0)
    }

    /// A subject that fails does not affect the others, and is skipped for a minute. The sweep sees each row only once,
    /// so it ends.
    @Test func aSubjectThatFailsIsLeftOut() async throws {
        try await harness.pool.withConnection { connection in
            try await connection.script(
                unsafe: """
                    CREATE FUNCTION tickets.fail() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN RAISE EXCEPTION 'failure'; END $$;
                    CREATE TRIGGER fail BEFORE UPDATE ON tickets.tickets
                    FOR EACH ROW WHEN (NEW.price = 2) EXECUTE FUNCTION tickets.fail();
                    """)
        }
        for price in [2, 1, 2, 1, 1] as [Int64] { try await listing(startsIn: .seconds(-60), price: price) }
        let sweep = harness.timerSweep(.showStart, limit: 2)
        #expect(try await sweep.actOnOverdue(at: harness.clock.now()) == 3)
        #expect(try await onSale() == 2)
        try await harness.pool.execute("DROP TRIGGER fail ON tickets.tickets")
        #expect(try await sweep.actOnOverdue(at: harness.clock.now()) == 0)
        harness.clock.advance(by: .seconds(61))
        #expect(try await sweep.actOnOverdue(at: harness.clock.now()) == 2)
    }

    /// The sweep sets timers when their day has come, and again when Redis has lost its data.
    @Test func upcomingTimersAreSet() async throws {
        let near = try await listing(startsIn: .seconds(3600))
        let far = try await listing(startsIn: .seconds(86_400 + 600))
        let moved = try await listing(startsIn: .seconds(7200))
        try await listing(startsIn: nil)
        // An event that came after the sweep's query has moved this timer.
        try await timers.set([DueTimer(subject: moved, due: harness.clock.now() + .seconds(9000))])
        let before = try await timers.due(of: [moved])
        let sweep = harness.timerSweep(.showStart, limit: 1)
        func set() async throws -> Set<TimerSubjectID> {
            try await sweep.setUpcoming(at: harness.clock.now())
            return Set(try await timers.due(of: [near, far, moved]).keys)
        }
        #expect(try await set() == [near, moved])
        #expect(try await timers.due(of: [moved]) == before)

        // The timer was fired or cleared: the sweep does not set it again.
        try await timers.clear([near])
        harness.clock.advance(by: .seconds(1200))
        #expect(try await set() == [far, moved])

        _ = try await harness.redis.send(
            RedisCommand("DEL", harness.keys.timers(timers.name), harness.keys.incarnation(ofTimers: timers.name)))
        #expect(try await set() == [near, far, moved])
    }
}
