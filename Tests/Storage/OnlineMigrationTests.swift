import Marketplace
import PostgresClient
import Support
import Testing

@testable import Storage

@Suite("Migrations while the system runs", .timeLimit(.minutes(2)))
struct OnlineMigrationTests {
    private let table = Migration(
        .users, "V1",
        Array("CREATE SCHEMA {{schema}}; CREATE TABLE users.a (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);".utf8))
    private let index = Migration(
        .users, "V2",
        Array("-- kind: concurrent\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a_n ON users.a (n, id);".utf8))
    private let backfill = Migration(
        .users, "V3",
        Array(
            """
            -- kind: backfill
            -- table: {{schema}}.a
            -- key: id
            -- rows: 10
            UPDATE users.a SET n = n + 1 WHERE id BETWEEN {{first}} AND {{last}};
            """.utf8))

    private func migrate(_ migrations: [Migration], _ pool: PostgresPool) async throws -> [String] {
        let connection = try await PostgresConnection.connect(pool.configuration)
        return try await Migrator(connection: connection, migrations: migrations, logger: quiet)
            .migrate(services: [.users]).applied
    }

    /// Ends the only session that waits for a lock, like a kill of the migrator.
    private func endWaiter(_ pool: PostgresPool) async throws {
        try await waitUntil(Self.oneWaits, on: pool)
        _ = try await pool.query("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE \(Self.waits)")
    }

    private static let waits: SQL = "datname = current_database() AND wait_event_type = 'Lock'"
    private static let oneWaits: SQL = "SELECT count(*) = 1 FROM pg_stat_activity WHERE \(waits)"
    private static let isValid: SQL = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'users.a_n'::regclass"

    @Test("An index is built while other sessions write, and is built again after a kill")
    func concurrentIndex() async throws {
        let pool = try await freshPool(migrated: false)
        _ = try await migrate([table], pool)
        let writer = try await PostgresConnection.connect(pool.configuration)
        try await writer.transaction { transaction in
            try await transaction.execute("INSERT INTO users.a (id) VALUES (1)")
            // The index build waits for the end of this transaction. A lock on the table would block other writers.
            let killed = Task { try await migrate([table, index], pool) }
            try await waitUntil(Self.oneWaits, on: pool)
            try await pool.withTransaction { other in
                _ = try await other.pipeline(["SET LOCAL lock_timeout = '1s'", "INSERT INTO users.a (id) VALUES (2)"])
            }
            try await endWaiter(pool)
            await #expect(throws: MigrationError.self) { _ = try await killed.value }
            #expect(try await !pool.query(Self.isValid)[0].decode(Bool.self))
        }
        #expect(try await migrate([table, index], pool) == ["users/V2"])
        #expect(try await pool.query(Self.isValid)[0].decode(Bool.self))
    }

    @Test("A pooler is refused by name", arguments: PgBouncer.Mode.allCases)
    func pooler(_ mode: PgBouncer.Mode) async throws {
        let direct = try await TestServers.freshDatabase(migrated: false)
        let bouncer = try await PgBouncer.start(mode, poolSize: 2)
        let pooled = PostgresPool(try PostgresConfiguration(url: bouncer.url(of: direct)), size: 1)
        let error = await #expect(throws: MigrationError.self) { _ = try await migrate([table], pooled) }
        #expect(error.map { "\($0)".contains("MIGRATION_DATABASE_URL") } == true)
    }

    @Test("Two processes that migrate at once build one index")
    func twoMigrators() async throws {
        let pool = try await freshPool(migrated: false)
        _ = try await migrate([table], pool)
        let applied = try await withThrowingTaskGroup { group in
            for _ in 0..<2 { group.addTask { try await migrate([table, index], pool) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied == ["users/V2"])
    }

    @Test("A killed backfill continues after the last slice, and changes each row once")
    func resumedBackfill() async throws {
        let pool = try await freshPool(migrated: false)
        _ = try await migrate([table], pool)
        try await pool.execute("INSERT INTO users.a (id) SELECT generate_series(1, 45)")
        let holder = try await PostgresConnection.connect(pool.configuration)
        try await holder.transaction { transaction in
            // The third slice waits for this row.
            _ = try await transaction.query("SELECT FROM users.a WHERE id = 25 FOR UPDATE")
            let killed = Task { try await migrate([table, backfill], pool) }
            try await waitUntil(Self.oneWaits, on: pool)
            // The other rows can be read and written in the meantime.
            let changed = try await pool.query("SELECT count(*) FROM users.a WHERE n = 1")[0].decode(Int64.self)
            #expect(changed == 20)
            try await pool.execute("INSERT INTO users.a (id) VALUES (46)")
            try await endWaiter(pool)
            await #expect(throws: MigrationError.self) { _ = try await killed.value }
        }
        #expect(try await migrate([table, backfill], pool) == ["users/V3"])
        let rows = try await pool.query("SELECT count(*), min(n), max(n) FROM users.a")[0].decode(
            (Int64, Int32, Int32).self)
        #expect(rows == (46, 1, 1))
        #expect(try await pool.query("SELECT 1 FROM gittix.gittix_backfills").count == 0)
        #expect(try await migrate([table, backfill], pool).isEmpty)
    }

    @Test("A migration that waits too long for a lock lets other sessions pass and tries again")
    func lockTimeout() async throws {
        let pool = try await freshPool(migrated: false)
        _ = try await migrate([table], pool)
        let column = Migration(.users, "V4", Array("ALTER TABLE users.a ADD COLUMN b int;".utf8))
        let holder = try await PostgresConnection.connect(pool.configuration)
        let migrating = try await holder.transaction { transaction in
            _ = try await transaction.query("SELECT FROM users.a")
            let migrating = Task { try await migrate([table, column], pool) }
            try await waitUntil(Self.oneWaits, on: pool)
            // This statement waits behind the migrator, and runs when the migrator's wait has ended.
            _ = try await pool.query("SELECT FROM users.a")
            return migrating
        }
        #expect(try await migrating.value == ["users/V4"])
    }
}
