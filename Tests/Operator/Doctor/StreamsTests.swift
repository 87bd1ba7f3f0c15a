import Marketplace
import RedisClient
import Streams
import Support
import Testing

/// Streams, groups and marks, damaged in each of their ways.
@Suite(.timeLimit(.minutes(5)))
struct StreamsTests {
    @Test func `each damage is found, mended, and gone`() async throws {
        let patient = try await Patient()
        try await patient.suffers(Self.illnesses)
        for source in [Service.users, .tickets, .orders] {
            // Each starts again after what all had settled, or holds what it held; and ends with the outbox.
            let last = try await EventStream(service: source, redis: patient.ward.client, keys: patient.keys).last().id
            let end = try await patient.database.count("SELECT max(id) FROM \(source).outbox")
            #expect(last.outboxID == UInt64(end) || last == .zero, "\(source): \(last), \(end)")
        }
    }

    static let illnesses: [Illness] = [
        Illness(
            name: "the next number was given before", kinds: ["numbers-behind"],
            damage: { try await $0.database.execute("SELECT setval('orders.outbox_ids', 1)") },
            then: { _ in "SELECT last_value = (SELECT max(id) FROM orders.outbox) FROM orders.outbox_ids" }),
        Illness(name: "a group is missing", kinds: ["group-missing"]) { patient in
            _ = try await patient.ward.redis("XGROUP", "DESTROY", patient.keys.events(.tickets), "orders")
        },
        Illness(name: "a group reads on after the stream's end", kinds: ["group-ahead"]) { patient in
            _ = try await patient.ward.redis("XGROUP", "SETID", patient.keys.events(.orders), "tickets", "999-0")
        },
        Illness(
            name: "the mark is ahead of a group", kinds: ["low-water-ahead"],
            damage: { patient in
                _ = try await patient.ward.redis("XGROUP", "SETID", patient.keys.events(.orders), "payments", "0-0")
            },
            then: { _ in
                "SELECT value = (SELECT max(id) - 1 FROM orders.outbox) FROM orders.marks WHERE name = 'low_water'"
            }),
        Illness(
            name: "the mark is beyond the outbox", kinds: ["low-water-ahead"],
            damage: { try await $0.database.execute("UPDATE users.marks SET value = 99999 WHERE name = 'low_water'") },
            then: { _ in "SELECT value = (SELECT max(id) FROM users.outbox) FROM users.marks WHERE name = 'low_water'" }
        ),
        Illness(name: "an event that was put off is gone", kinds: ["put-off-lost"]) { patient in
            _ = try await patient.ward.redis(
                "ZADD", patient.keys.later(.tickets, from: .orders), "1", "1-0")
        },
        Illness(
            name: "an entry is gone that not all have read", kinds: ["stream-has-holes"],
            damage: { patient in
                // What all have read is trimmed but for the last.
                _ = try await patient.ward.redis("XGROUP", "SETID", patient.keys.events(.users), "tickets", "0-0")
                try await patient.database.execute("UPDATE users.marks SET value = 0 WHERE name = 'low_water'")
            }),
        Illness(
            name: "the outbox is older than the stream", kinds: ["stream-unlike-outbox"],
            damage: { patient in
                try await patient.database.execute(
                    """
                    UPDATE orders.marks SET value = 0 WHERE name = 'low_water';
                    DELETE FROM orders.outbox WHERE id = (SELECT max(id) FROM orders.outbox);
                    SELECT setval('orders.outbox_ids', (SELECT max(id) FROM orders.outbox))
                    """)
            }, then: { _ in "SELECT last_value > (SELECT max(id) FROM orders.outbox) FROM orders.outbox_ids" }),
        Illness(
            name: "the outbox has given a number again", kinds: ["stream-unlike-outbox"],
            damage: { try await $0.database.execute("UPDATE tickets.outbox SET event_id = gen_random_uuid()") }),
    ]

    @Test func `a stream is not made anew under those who read it`() async throws {
        let patient = try await Patient()
        try await patient.ward.working("tickets") {
            try await patient.database.execute("UPDATE tickets.outbox SET event_id = gen_random_uuid()")
            try await eventually("its worker shows that it lives") {
                try await Attendance(redis: patient.ward.client, keys: patient.keys).workers()[.tickets] != nil
            }
            let refused = try await patient.doctor(["--fix"])
            #expect(refused.status == 1 && refused.has("gittix pause all"), "\(refused.output)")
            #expect(refused.has("at work are tickets"), "\(refused.output)")
            #expect(try await patient.ward.count("XLEN", patient.keys.events(.tickets)) > 0)

            #expect(try await patient.ward.gittix("pause", "all").status == 0)
            try await eventually("it is at rest, and the stream is made anew", every: .milliseconds(200)) {
                try await patient.doctor(["--fix"]).status == 0
            }
            #expect(try await patient.ward.gittix("resume", "all").status == 0)
        }
        try await patient.isClean("in the end")
    }

    @Test func `servers that may forget are found, and nothing is mended before they are set right`() async throws {
        let redis = try await OwnRedis.start()
        let patient = try await Patient(redisURL: redis.url)
        try await redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        try await patient.database.execute(
            """
            DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$;
            UPDATE tickets.tickets SET held = 9
            """)
        let (status, complaints) = try await patient.complaints("--fix")
        #expect(status == 1)
        #expect(complaints.map(\.kind) == ["redis-settings", "postgres-settings", "counts"])
        #expect(complaints.allSatisfy { $0.outcome == "left" })
        #expect(try await patient.database.count("SELECT held FROM tickets.tickets") == 9)

        try await redis.stop()
        let away = try await patient.doctor([])
        #expect(away.status == 2 && away.has("could not look"), "\(away.output)")
    }
}
