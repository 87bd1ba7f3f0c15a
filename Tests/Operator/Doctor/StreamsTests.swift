import Marketplace
import RedisClient
import Streams
import Support
import Testing

/// Damage of streams, groups and marks.
@Suite(.timeLimit(.minutes(5)))
struct StreamsTests {
    @Test func `each damage is found and repaired`() async throws {
        let fixture = try await DoctorFixture()
        try await fixture.checkEach(Self.cases)
        for source in [ServiceName.users, .listings, .orders] {
            // A rebuilt stream starts after the low-water mark, so it may be empty. Every other stream ends with the
            // outbox's last row.
            let last = try await EventStream(service: source, redis: fixture.harness.client, keys: fixture.keys).last()
                .id
            let end = try await fixture.database.count("SELECT max(id) FROM \(source).outbox")
            #expect(last.outboxID == UInt64(end) || last == .zero, "\(source): \(last), \(end)")
        }
    }

    static let cases: [DamageCase] = [
        DamageCase(
            name: "the next id was already used", kinds: ["sequence-behind"],
            damage: { try await $0.database.execute("SELECT setval('orders.outbox_ids', 1)") },
            then: { _ in "SELECT last_value = (SELECT max(id) FROM orders.outbox) FROM orders.outbox_ids" }),
        DamageCase(name: "a group is missing", kinds: ["group-missing"]) { fixture in
            _ = try await fixture.harness.redis("XGROUP", "DESTROY", fixture.keys.events(.listings), "orders")
        },
        DamageCase(name: "a group is beyond the end of the stream", kinds: ["group-ahead"]) { fixture in
            _ = try await fixture.harness.redis("XGROUP", "SETID", fixture.keys.events(.orders), "tickets", "999-0")
        },
        DamageCase(
            name: "the mark is ahead of a group", kinds: ["low-water-ahead"],
            damage: { fixture in
                _ = try await fixture.harness.redis("XGROUP", "SETID", fixture.keys.events(.orders), "payments", "0-0")
            },
            then: { _ in
                "SELECT value = (SELECT max(id) - 1 FROM orders.outbox) FROM orders.marks WHERE name = 'low_water'"
            }),
        DamageCase(
            name: "the mark is beyond the outbox", kinds: ["low-water-ahead"],
            damage: { try await $0.database.execute("UPDATE users.marks SET value = 99999 WHERE name = 'low_water'") },
            then: { _ in "SELECT value = (SELECT max(id) FROM users.outbox) FROM users.marks WHERE name = 'low_water'" }
        ),
        DamageCase(name: "a deferred event is lost", kinds: ["deferred-missing"]) { fixture in
            _ = try await fixture.harness.redis(
                "ZADD", fixture.keys.deferred(.listings, from: .orders), "1", "1-0")
        },
        DamageCase(
            name: "an entry is lost that some group has not read", kinds: ["stream-has-holes"],
            damage: { fixture in
                // The stream was trimmed to its last entry, because all groups had read it.
                _ = try await fixture.harness.redis("XGROUP", "SETID", fixture.keys.events(.users), "tickets", "0-0")
                try await fixture.database.execute("UPDATE users.marks SET value = 0 WHERE name = 'low_water'")
            }),
        DamageCase(
            name: "the outbox is older than the stream", kinds: ["stream-diverged"],
            damage: { fixture in
                try await fixture.database.execute(
                    """
                    UPDATE orders.marks SET value = 0 WHERE name = 'low_water';
                    DELETE FROM orders.outbox WHERE id = (SELECT max(id) FROM orders.outbox);
                    SELECT setval('orders.outbox_ids', (SELECT max(id) FROM orders.outbox))
                    """)
            }, then: { _ in "SELECT last_value > (SELECT max(id) FROM orders.outbox) FROM orders.outbox_ids" }),
        DamageCase(
            name: "the outbox has reused an id", kinds: ["stream-diverged"],
            damage: { try await $0.database.execute("UPDATE tickets.outbox SET event_id = gen_random_uuid()") }),
    ]

    @Test func `a stream is not rebuilt while workers read it`() async throws {
        let fixture = try await DoctorFixture()
        try await fixture.harness.runWorkers("tickets") {
            // Simulates a restored backup. The damage of a failover would be repaired by a relay.
            try await fixture.database.execute(
                """
                UPDATE tickets.marks SET value = value - 1 WHERE name = 'outbox_table';
                UPDATE tickets.outbox SET event_id = gen_random_uuid()
                """)
            try await eventually("the worker is present") {
                try await WorkerPresence(redis: fixture.harness.client, keys: fixture.keys).workers()[.listings] != nil
            }
            let refused = try await fixture.doctor(["--fix"])
            #expect(refused.status == 1 && refused.has("gittix pause all"), "\(refused.output)")
            #expect(refused.has("Running: tickets"), "\(refused.output)")
            #expect(try await fixture.harness.count("XLEN", fixture.keys.events(.listings)) > 0)

            #expect(try await fixture.harness.gittix("pause", "all").status == 0)
            try await eventually("the workers have paused, and the stream is rebuilt", every: .milliseconds(200)) {
                try await fixture.doctor(["--fix"]).status == 0
            }
            #expect(try await fixture.harness.gittix("resume", "all").status == 0)
        }
        try await fixture.expectNoDamage("at the end")
    }

    @Test func `unsafe servers are found and nothing is repaired while they are unsafe`() async throws {
        let redis = try await RedisServer.start()
        let fixture = try await DoctorFixture(redisURL: redis.url)
        try await redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        try await fixture.database.execute(
            """
            DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$;
            UPDATE tickets.tickets SET held = 9
            """)
        let (status, findings) = try await fixture.findings("--fix")
        #expect(status == 1)
        #expect(findings.map(\.kind) == ["redis-settings", "postgres-settings", "counts"])
        #expect(findings.allSatisfy { $0.outcome == "left" })
        #expect(try await fixture.database.count("SELECT held FROM tickets.tickets") == 9)

        try await redis.stop()
        let unavailable = try await fixture.doctor([])
        #expect(
            unavailable.status == 2 && unavailable.has("gittix doctor failed"), "\(unavailable.output)")
    }
}
