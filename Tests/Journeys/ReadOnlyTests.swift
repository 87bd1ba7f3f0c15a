import Bootstrap
import Logging
import Marketplace
import PostgresClient
import Support
import Testing

extension Journeys {
    /// The API's own connections, made as it makes them.
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

        @Test("The API's connections can't write, even where they say that they would")
        func refused() async throws {
            let url = try await TestServers.freshDatabase()
            let settings = try Settings.api(from: [
                "ENVIRONMENT": "development", "DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:1",
                "SIGNING_SECRET": String(repeating: "s", count: 32), "STRIPE_WEBHOOK_SECRET": "whsec_12345678",
            ])
            let pools = try await DatabasePools(
                settings.databases, for: .reading, name: "API", logger: Logger(label: "test"))
            for service in Service.allCases where service.hasSchema {
                let pool = try #require(pools.pool(of: service))
                let rows = try await pool.query("SELECT count(*) FROM \(identifier: service.rawValue).inbox")
                #expect(try rows[0].decode(Int.self) == 0, "it reads")
                for statement in Self.writes {
                    await #expect(throws: PostgresError.self, "\(statement)") { try await pool.execute(statement) }
                    // Read-only sessions are a guard, the role's rights are the wall behind it.
                    await #expect(throws: PostgresError.self, "\(statement), having asked for more") {
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
