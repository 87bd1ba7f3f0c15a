import Marketplace
import RedisClient
import Services
import Storage
import Streams
import Support
import Testing

@testable import Operator

@Suite(.timeLimit(.minutes(1)))
struct BackfillTests {
    /// Adds users to their schema, without events.
    private func addUsers(_ count: Int, to harness: OperatorHarness) async throws {
        try await harness.database.execute(
            """
            INSERT INTO users.users (id, email, password_hash, version, created_at, updated_at)
            SELECT gen_random_uuid(), n || '@example.com', 'none', 1, now(), now() FROM generate_series(1, \(count)) AS n
            """)
    }

    @Test func `without --execute nothing is delivered`() async throws {
        let harness = try await OperatorHarness()
        try await addUsers(3, to: harness)
        let result = try await harness.gittix("backfill", "users", "--to", "tickets")
        #expect(result.status == 0, "\(result.output)")
        #expect(result.has("users: all states to tickets, from the first."), "\(result.output)")
        #expect(try await harness.count("XLEN", harness.keys.commands(.listings)) == 0)
        #expect(try await harness.gittix("backfill", "users", "--to", "payments").status != 0)
    }

    @Test func `all states reach the follower, and a repeat changes nothing`() async throws {
        let harness = try await OperatorHarness()
        try await addUsers(1200, to: harness)
        try await harness.runWorkers("tickets") {
            for _ in 0..<2 {
                let result = try await harness.gittix("backfill", "users", "--to", "tickets", "--execute")
                #expect(result.has("users: delivered 1200 states to tickets"), "\(result.output)")
                try await eventually("the copies are there") {
                    try await harness.database.count(
                        "SELECT count(*) FROM tickets.users JOIN users.users USING (id, version)") == 1200
                }
                try await eventually("no entry is left") {
                    try await harness.count("XLEN", harness.keys.commands(.listings)) == 0
                }
            }
        }
        #expect(try await harness.count("XLEN", harness.keys.deadLetters(.listings)) == 0)
        #expect(try await harness.database.count("SELECT count(*) FROM tickets.users") == 1200)
    }

    @Test func `an interrupted backfill continues after the last page`() async throws {
        let harness = try await OperatorHarness()
        try await addUsers(5, to: harness)
        let cursor = BackfillCursor(of: .users, to: .listings, redis: harness.client, keys: harness.keys)
        let ids = try await harness.database.column("SELECT id FROM users.users ORDER BY id")
        try await cursor.store(try #require(CommandID(ids[2])))
        let result = try await harness.gittix("backfill", "users", "--to", "tickets", "--execute")
        #expect(result.has("users: delivered 2 states to tickets"), "\(result.output)")
        #expect(try await harness.count("XLEN", harness.keys.commands(.listings)) == 2)
        #expect(try await cursor.load() == nil)
        let all = try await harness.gittix("backfill", "users", "--to", "tickets", "--execute")
        #expect(all.has("users: delivered 5 states to tickets"), "\(all.output)")
    }
}
