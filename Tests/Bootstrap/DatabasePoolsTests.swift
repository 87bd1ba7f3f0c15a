import Logging
import Marketplace
import PostgresClient
import Services
import Support
import Testing

@testable import Bootstrap

@Suite struct DatabasePoolsTests {
    private func settings(_ url: String, with more: [String: String] = [:]) throws -> DatabaseSettings {
        let variables = ["DATABASE_URL": url].merging(more) { _, new in new }
        let reader = SettingsReader(variables)
        return try DatabaseSettings(
            reader, ProcessSettings(reader), schemas: ServiceRegistry.topology.withSchema, poolSize: 2,
            override: .apiDatabaseURL)
    }

    private func pools(_ url: String, for use: DatabasePools.Use) async throws -> DatabasePools {
        try await DatabasePools(settings(url), for: use, name: "tests", logger: Logger(label: "tests"))
    }

    @Test func aSessionForReadingCannotWrite() async throws {
        let url = try await TestServers.freshDatabase(migrated: false)
        try await Tool.run("psql", ["-X", "-q", url, "-c", "CREATE TABLE facts (id int)"])
        let pools = try await pools(url, for: .reading)
        let pool = try #require(pools.pool(of: .orders))
        let error = await #expect(throws: PostgresError.self) { try await pool.execute("INSERT INTO facts VALUES (1)") }
        // 25006: read_only_sql_transaction; 42501: insufficient_privilege.
        #expect(["25006", "42501"].contains(error?.sqlState))
        await pools.close()
    }

    @Test func aWorkerSessionHasTimeouts() async throws {
        let pools = try await pools(TestServers.databaseURL, for: .working)
        let pool = try #require(pools.pool(of: .orders))
        let rows = try await pool.query(
            """
            SELECT name::text, setting FROM pg_settings WHERE name IN
            ('idle_in_transaction_session_timeout', 'lock_timeout', 'statement_timeout', 'application_name')
            """)
        let settings = try Dictionary(uniqueKeysWithValues: rows.decode((String, String).self))
        #expect(
            settings == [
                "idle_in_transaction_session_timeout": "2000", "lock_timeout": "5000", "statement_timeout": "10000",
                "application_name": "tests",
            ])
        await pools.close()
    }

    @Test func servicesOfOneDatabaseShareAPool() async throws {
        let shared = try await TestServers.freshDatabase(migrated: false)
        let own = try await TestServers.freshDatabase(migrated: false)
        let pools = try await DatabasePools(
            settings(shared, with: ["ORDERS_DATABASE_URL": own]), for: .working, name: "tests",
            logger: Logger(label: "tests"))
        #expect(pools.all.count == 2)
        #expect(pools.pool(of: .users) === pools.pool(of: .listings))
        #expect(pools.pool(of: .users) !== pools.pool(of: .orders))
        #expect(pools.pool(of: .expiration) == nil)
        await pools.close()
    }
}
