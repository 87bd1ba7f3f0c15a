public import Logging
public import Marketplace
public import PostgresClient

/// Applies this build's migrations to the schemas of a database, while the system runs.
///
/// Only one process migrates at a time; other processes that are started meanwhile wait for it. The table
/// `gittix.gittix_migrations` records each applied migration with its checksum. A migration's ``MigrationKind``
/// determines how it is applied.
public struct Migrator: Sendable {
    let connection: PostgresConnection
    let migrations: [Migration]
    let logger: Logger

    /// - Parameters:
    ///   - connection: A session that nothing else uses, because the migrator holds a session-level lock.
    ///   - migrations: All migrations that this build knows, in the order in which they are applied.
    public init(connection: PostgresConnection, migrations: [Migration], logger: Logger = Logger(label: "migrations")) {
        self.connection = connection
        self.migrations = migrations
        self.logger = logger
    }

    /// Maximum time to wait for another process's migrations or for a table's locks, and for one transactional
    /// migration or one slice of a backfill.
    static let timeout = Duration.seconds(600)

    /// The result of ``migrate(services:)``.
    public struct Report: Sendable {
        /// The names of the migrations that were applied.
        public var applied: [String] = []
        /// Steps that were skipped for lack of privileges, and migrations of a newer build.
        public var notices: [String] = []
    }

    /// Applies the missing migrations of these services, and grants the reader role SELECT on their schemas.
    @discardableResult
    public func migrate(services: [ServiceName]) async throws -> Report {
        if connection.isPooled { throw MigrationError.pooled }
        let lock = AdvisoryLock.migrations
        try await take(lock)
        do {
            let report = try await migrateLocked(services.filter(hasSchema))
            _ = try await connection.query("SELECT pg_advisory_unlock(\(lock))")
            return report
        } catch {
            // Closing the session releases its locks, even after an error.
            await connection.close()
            throw error
        }
    }

    /// Takes the session-level lock by polling. A statement that waits for it would hold a snapshot, and another
    /// migrator's CREATE INDEX CONCURRENTLY would wait for the end of that snapshot: the two would deadlock.
    private func take(_ lock: Int64) async throws {
        let deadline = ContinuousClock.now + Self.timeout
        while try await !connection.query("SELECT pg_try_advisory_lock(\(lock))")[0].decode(Bool.self) {
            guard .now < deadline else { throw MigrationError.busy }
            try await Task.sleep(for: .milliseconds(Int.random(in: 100...200)))
        }
    }

    /// True if a migration creates the service's schema.
    private func hasSchema(_ service: ServiceName) -> Bool { migrations.contains { $0.service == service } }

    private func migrateLocked(_ services: [ServiceName]) async throws -> Report {
        try await createTables()
        let statuses = try await compare(services)
        var report = Report()
        for status in statuses where status.appliedAt == nil {
            guard let migration = migrations.first(where: { $0.name == status.name }) else { continue }
            logger.info("Applying a migration", metadata: ["name": "\(migration.name)"])
            try await apply(migration, status)
            report.applied.append(migration.name)
        }
        report.notices = statuses.filter { $0.kind == nil }.map {
            "the database has migration \($0.name) of a newer build; this build can still work with the database"
        }
        report.notices += try await ReaderRole.grant(services, on: connection)
        for notice in report.notices { logger.notice("\(notice)") }
        return report
    }

    /// Creates the tables of the migrator. Earlier builds created only the first table, without its last column.
    private func createTables() async throws {
        try await retryingLocks("gittix_migrations") {
            try await connection.transaction(opening: [lockTimeout]) { transaction in
                try await transaction.script(
                    unsafe: """
                        CREATE SCHEMA IF NOT EXISTS gittix;
                        CREATE TABLE IF NOT EXISTS gittix.gittix_migrations (
                            name text PRIMARY KEY,
                            checksum text NOT NULL,
                            applied_at timestamptz NOT NULL DEFAULT now()
                        );
                        -- ALTER TABLE locks out readers, even if the column exists.
                        DO $$ BEGIN
                            IF NOT EXISTS (
                                SELECT FROM pg_attribute
                                WHERE attrelid = 'gittix.gittix_migrations'::regclass AND attname = 'breaks_older_builds'
                            ) THEN
                                ALTER TABLE gittix.gittix_migrations
                                    ADD COLUMN breaks_older_builds boolean NOT NULL DEFAULT false;
                            END IF;
                        END $$;
                        -- The backfills that have begun and not ended: the last key that was reached, as text.
                        CREATE TABLE IF NOT EXISTS gittix.gittix_backfills (
                            name text PRIMARY KEY,
                            cursor text NOT NULL
                        );
                        """)
            }
        }
    }

    // MARK: Applying

    private func apply(_ migration: Migration, _ status: Status) async throws {
        let record: SQL = """
            INSERT INTO gittix.gittix_migrations (name, checksum, breaks_older_builds)
            VALUES (\(migration.name), \(status.checksum), \(status.breaksOlderBuilds))
            """
        do {
            switch status.kind {
            case .transactional?, nil: try await applyTransactional(migration, record)
            case .concurrent?: try await applyConcurrent(migration, record)
            case .backfill(let slices)?: try await applyBackfill(migration, slices, record)
            }
        } catch {
            throw MigrationError.failed(name: migration.name, error: error)
        }
    }

    private func applyTransactional(_ migration: Migration, _ record: SQL) async throws {
        try await retryingLocks(migration.name) {
            try await connection.transaction(opening: [lockTimeout]) { transaction in
                try await transaction.script(unsafe: migration.sql, deadline: .now + Self.timeout)
                try await transaction.commit(with: [record])
            }
        }
    }
}
