public import Logging
public import Marketplace
public import PostgresClient

/// Applies this build's migrations to the schemas of a database.
///
/// Each migration runs in its own transaction, and all of them under one lock, so that several releases can run at
/// once. The table `gittix.gittix_migrations` records each applied migration with its checksum.
public struct Migrator: Sendable {
    private let connection: PostgresConnection
    private let migrations: [Migration]
    private let logger: Logger

    /// - Parameter migrations: All migrations that this build knows, in the order in which they are applied.
    public init(connection: PostgresConnection, migrations: [Migration], logger: Logger = Logger(label: "migrations")) {
        self.connection = connection
        self.migrations = migrations
        self.logger = logger
    }

    /// Maximum time to wait for another process's migrations, and for one migration.
    private static let timeout = Duration.seconds(600)

    /// The result of ``migrate(services:)``.
    public struct Report: Sendable {
        /// The names of the migrations that were applied.
        public var applied: [String] = []
        /// Steps that were skipped for lack of privileges, and their consequences.
        public var notices: [String] = []
    }

    /// Applies the missing migrations of these services, and grants the reader role SELECT on their schemas.
    @discardableResult
    public func migrate(services: [ServiceName]) async throws -> Report {
        let lock = AdvisoryLock.migrations
        _ = try await connection.query("SELECT pg_advisory_lock(\(lock))", deadline: .now + Self.timeout)
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

    /// True if a migration creates the service's schema.
    private func hasSchema(_ service: ServiceName) -> Bool { migrations.contains { $0.service == service } }

    private func migrateLocked(_ services: [ServiceName]) async throws -> Report {
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
            logger.info("Applying a migration", metadata: ["name": "\(migration.name)"])
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
                // Do not wait long for a table in use, because later statements queue behind this one.
                _ = try await transaction.query("SELECT set_config('lock_timeout', '10s', true)")
                try await transaction.script(unsafe: migration.sql, deadline: .now + Self.timeout)
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

    /// The state of a migration in the database.
    public struct Status: Sendable, Hashable {
        public var name: String
        public var checksum: String
        /// `nil` if it is not applied yet.
        public var appliedAt: Timestamp?
    }

    /// Returns these services' migrations, in order.
    ///
    /// - Throws: ``MigrationError`` if the database does not fit this build.
    public func status(services: [ServiceName]) async throws -> [Status] {
        let known = try await connection.query(
            "SELECT to_regclass('gittix.gittix_migrations') IS NOT NULL")[0].decode(Bool.self)
        guard known else {
            return try await checksums(of: wanted(services)).map { Status(name: $0, checksum: $1, appliedAt: nil) }
        }
        return try await compare(services)
    }

    private func wanted(_ services: [ServiceName]) -> [Migration] {
        migrations.filter { services.contains($0.service) }
    }

    private func compare(_ services: [ServiceName]) async throws -> [Status] {
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

    /// Returns the SHA-256 of each migration's text, computed by the server.
    private func checksums(of migrations: [Migration]) async throws -> [(name: String, checksum: String)] {
        let rows = try await connection.query(
            """
            SELECT encode(sha256(sql), 'hex')
            FROM unnest(\(migrations.map { Array($0.sql.utf8) })) WITH ORDINALITY AS texts (sql, place) ORDER BY place
            """)
        return Array(zip(migrations.map(\.name), try rows.decode(String.self)))
    }
}

/// The reason why a database cannot be migrated.
public enum MigrationError: Error, CustomStringConvertible {
    /// The text of an applied migration differs from this build's.
    case changed(name: String)
    /// The database has a migration that this build does not know.
    case databaseIsAhead(name: String)
    case failed(name: String, error: any Error)

    public var description: String {
        switch self {
        case .changed(let name):
            "migration \(name) was changed after it had been applied: restore its text, and add a new migration"
        case .databaseIsAhead(let name):
            "the database has migration \(name), which this build does not know: deploy a newer build"
        case .failed(let name, let error):
            "migration \(name) failed and was rolled back: \(error)"
        }
    }
}
