import Marketplace
import PostgresClient

extension Migrator {
    /// Maximum time of one statement of a concurrent migration.
    private static let concurrentTimeout = Duration.seconds(3600)

    /// Runs the migration's statement outside a transaction, and then records the migration. The statement has no lock
    /// timeout: it waits for transactions that began before it, and no other statement waits for it.
    func applyConcurrent(_ migration: Migration, _ record: SQL) async throws {
        try await retryingLocks(migration.name) {
            // IF NOT EXISTS would keep an unfinished index.
            for index in try await invalidIndexes(of: migration) {
                try await run("DROP INDEX CONCURRENTLY IF EXISTS \(index)")
            }
            try await run(migration.sql)
        }
        if let index = try await invalidIndexes(of: migration).first {
            throw MigrationError.malformed(name: migration.name, reason: "the index \(index) is invalid")
        }
        try await connection.execute(record)
    }

    private func run(_ statement: String) async throws {
        try await connection.script(unsafe: statement, deadline: .now + Self.concurrentTimeout)
    }

    /// Returns the invalid indexes of the service's schema that the migration names. A CREATE INDEX CONCURRENTLY that
    /// fails or is killed leaves an invalid index.
    private func invalidIndexes(of migration: Migration) async throws -> [String] {
        try await connection.query(
            """
            SELECT format('%I.%I', pg_namespace.nspname, pg_class.relname)
            FROM pg_index
            JOIN pg_class ON pg_class.oid = pg_index.indexrelid
            JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
            WHERE NOT pg_index.indisvalid AND pg_namespace.nspname = \(migration.service.rawValue)
                AND \(migration.sql) ~ ('\\m' || pg_class.relname || '\\M')
            """
        ).decode(String.self)
    }
}
