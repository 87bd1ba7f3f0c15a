import Logging
import Marketplace
import PostgresClient
import Support
import Testing

@testable import Services

struct DatabaseClockTests {
    /// The database's clock is an hour ahead of this machine's.
    @Test func `the clock shows the database's time`() async throws {
        let url = try await TestServers.freshDatabase()
        let database = Psql(url)
        try await database.execute(
            """
            CREATE SCHEMA ahead;
            CREATE FUNCTION ahead.clock_timestamp() RETURNS timestamptz LANGUAGE sql
            AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 hour' $$;
            DO $$ BEGIN
                EXECUTE format('ALTER DATABASE %I SET search_path = ahead, pg_catalog', current_database());
            END $$
            """)
        let pool = PostgresPool(try PostgresConfiguration(url: url), size: 1)
        let clock = DatabaseClock(pool: pool, logger: Logger(label: "test"))
        // A slow answer is used if there is no other answer.
        try await clock.ask(within: .zero)
        let ahead = clock.now() - .now()
        #expect(ahead > .seconds(3590) && ahead < .seconds(3610))
        // A slow answer is ignored if there is an earlier answer.
        try await database.execute("DROP SCHEMA ahead CASCADE")
        try await clock.ask(within: .zero)
        #expect(clock.now() - .now() > .seconds(3590))
        try await clock.ask(within: .seconds(60))
        #expect(clock.now() - .now() < .seconds(10))
        await pool.close()
    }
}
