public import Logging
public import Marketplace
public import PostgresClient

/// Brings the schemas of a database to what this build needs.
///
/// Each migration runs in a transaction of its own, all of them under one lock, so that several releases at once are
/// harmless. What was applied is remembered with its checksum in `gittix.gittix_migrations`.
public struct Migrator: Sendable {
    private let connection: PostgresConnection
    private let migrations: [Migration]
    private let logger: Logger

    public init(connection: PostgresConnection, logger: Logger = Logger(label: "migrations")) {
        self.init(connection: connection, migrations: Migration.all, logger: logger)
    }

    init(connection: PostgresConnection, migrations: [Migration], logger: Logger = Logger(label: "migrations")) {
        self.connection = connection
        self.migrations = migrations
        self.logger = logger
    }

    /// Waiting for another's migrations, or for a long one, takes its time.
    private static let patience = Duration.seconds(600)

    /// What ``migrate(services:)`` did.
    public struct Report: Sendable {
        /// The names of the migrations that were applied.
        public var applied: [String] = []
        /// What could not be done for lack of rights, and what that means.
        public var notices: [String] = []
    }

    /// Applies what is missing of these services' migrations, and lets the reader role read their schemas.
    @discardableResult
    public func migrate(services: [Service]) async throws -> Report {
        let lock = AdvisoryLock.migrations
        _ = try await connection.query("SELECT pg_advisory_lock(\(lock))", deadline: .now + Self.patience)
        do {
            let report = try await migrateLocked(services.filter(\.hasSchema))
            _ = try await connection.query("SELECT pg_advisory_unlock(\(lock))")
            return report
        } catch {
            // A session that ends gives its locks back, whatever state it is in.
            await connection.close()
            throw error
        }
    }

    private func migrateLocked(_ services: [Service]) async throws -> Report {
        try await connection.script(
            unsafe: """
                CREATE SCHEMA IF NOT EXISTS gittix;
                CREATE TABLE IF NOT EXISTS gittix.gittix_migrations (
                    name text PRIMARY KEY,
                    checksum text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT now()
                );
                """)
        let statuses = try await compare(services)
        var report = Report()
        for status in statuses where status.appliedAt == nil {
            guard let migration = migrations.first(where: { $0.name == status.name }) else { continue }
            logger.info("applying a migration", metadata: ["name": "\(migration.name)"])
            try await apply(migration, checksum: status.checksum)
            report.applied.append(migration.name)
        }
        report.notices = try await ReaderRole.grant(services, on: connection)
        for notice in report.notices { logger.notice("\(notice)") }
        return report
    }

    private func apply(_ migration: Migration, checksum: String) async throws {
        do {
            try await connection.transaction { transaction in
                // A table that is in use is waited for a little; those who come after would wait behind this.
                _ = try await transaction.query("SELECT set_config('lock_timeout', '10s', true)")
                try await transaction.script(unsafe: migration.sql, deadline: .now + Self.patience)
                try await transaction.commit(with: [
                    """
                    INSERT INTO gittix.gittix_migrations (name, checksum) VALUES (\(migration.name), \(checksum))
                    """
                ])
            }
        } catch {
            throw MigrationError.failed(name: migration.name, error: error)
        }
    }

    // MARK: Status

    /// A migration, and whether it is applied.
    public struct Status: Sendable, Hashable {
        public var name: String
        public var checksum: String
        /// Nil: it is yet to be applied.
        public var appliedAt: Timestamp?
    }

    /// These services' migrations, in order. Throws ``MigrationError`` where the database does not fit this build.
    public func status(services: [Service]) async throws -> [Status] {
        let known = try await connection.query(
            "SELECT to_regclass('gittix.gittix_migrations') IS NOT NULL")[0].decode(Bool.self)
        guard known else {
            return try await checksums(of: wanted(services)).map { Status(name: $0, checksum: $1, appliedAt: nil) }
        }
        return try await compare(services)
    }

    private func wanted(_ services: [Service]) -> [Migration] {
        migrations.filter { services.contains($0.service) }
    }

    private func compare(_ services: [Service]) async throws -> [Status] {
        let rows = try await connection.query("SELECT name, checksum, applied_at FROM gittix.gittix_migrations")
            .decode((String, String, Timestamp).self)
        let applied = Dictionary(uniqueKeysWithValues: rows.map { ($0.0, (checksum: $0.1, at: $0.2)) })
        let names = Set(migrations.map(\.name))
        if let unknown = applied.keys.filter({ !names.contains($0) }).min() {
            throw MigrationError.databaseIsAhead(name: unknown)
        }
        return try await checksums(of: wanted(services)).map { name, checksum in
            if let found = applied[name], found.checksum != checksum { throw MigrationError.changed(name: name) }
            return Status(name: name, checksum: checksum, appliedAt: applied[name]?.at)
        }
    }

    /// SHA-256, by the server.
    private func checksums(of migrations: [Migration]) async throws -> [(name: String, checksum: String)] {
        let rows = try await connection.query(
            """
            SELECT encode(sha256(sql), 'hex')
            FROM unnest(\(migrations.map { Array($0.sql.utf8) })) WITH ORDINALITY AS texts (sql, place) ORDER BY place
            """)
        return Array(zip(migrations.map(\.name), try rows.decode(String.self)))
    }
}

/// Why a database cannot be migrated.
public enum MigrationError: Error, CustomStringConvertible {
    /// An applied migration's text is not the one of this build.
    case changed(name: String)
    /// The database has a migration that this build does not know.
    case databaseIsAhead(name: String)
    case failed(name: String, error: any Error)

    public var description: String {
        switch self {
        case .changed(let name):
            "migration \(name) was changed after it had been applied: put its text back and add a new migration"
        case .databaseIsAhead(let name):
            "the database has migration \(name), which this build does not know: deploy the newer build"
        case .failed(let name, let error):
            "migration \(name) failed, and left nothing behind: \(error)"
        }
    }
}
