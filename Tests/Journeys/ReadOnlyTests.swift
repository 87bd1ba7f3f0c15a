import Bootstrap
import Logging
import Marketplace
import PostgresClient
import Services
import Support
import Testing

extension Journeys {
    /// The API's database connections, opened as the API opens them.
    struct ReadOnlyTests {
        private static let writes: [SQL] = [
            "INSERT INTO users.users SELECT * FROM users.users",
            "UPDATE tickets.tickets SET price = 1",
            "DELETE FROM orders.orders",
            "DELETE FROM orders.allocations",
            "INSERT INTO users.inbox (id, type) VALUES (gen_random_uuid(), 'x')",
            "TRUNCATE orders.orders",
            "DROP TABLE orders.orders",
            "CREATE TABLE public.mine (id int)",
            "CREATE TABLE orders.mine (id int)",
            "CREATE SCHEMA mine",
            "SELECT nextval('users.outbox_ids')",
            "SELECT id FROM users.users FOR UPDATE",
            "ALTER ROLE CURRENT_USER SUPERUSER",
        ]

        @Test("The API's connections cannot write, even in a READ WRITE transaction")
        func writesAreRefused() async throws {
            let url = try await TestServers.freshDatabase()
            let settings = try Settings.api(
                schemas: ServiceRegistry.topology.withSchema,
                from: [
                    "ENVIRONMENT": "development", "DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:1",
                    "SIGNING_SECRET": String(repeating: "s", count: 32), "STRIPE_WEBHOOK_SECRET": "whsec_12345678",
                ])
            let pools = try await DatabasePools(
                settings.databases, for: .reading, name: "API", logger: Logger(label: "test"))
            for service in ServiceRegistry.topology.withSchema {
                let pool = try #require(pools.pool(of: service))
                let rows = try await pool.query("SELECT count(*) FROM \(identifier: service.rawValue).inbox")
                #expect(try rows[0].decode(Int.self) == 0, "the connection cannot read")
                for statement in Self.writes {
                    await #expect(throws: PostgresError.self, "\(statement)") { try await pool.execute(statement) }
                    // The session is read-only, and the role also lacks the privileges.
                    await #expect(throws: PostgresError.self, "\(statement) in a READ WRITE transaction") {
                        try await pool.withTransaction { transaction in
                            try await transaction.execute("SET TRANSACTION READ WRITE")
                            try await transaction.execute(statement)
                        }
                    }
                }
            }
            await pools.close()
        }
    }
}
