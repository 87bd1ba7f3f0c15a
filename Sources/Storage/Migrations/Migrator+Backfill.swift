import Logging
import PostgresClient

extension Migrator {
    /// Runs the migration's statement once for each slice of the table, in the order of its key.
    ///
    /// A slice is committed together with the cursor, which is the last key of the slice. So after a failure or a kill,
    /// the next run continues after the last committed slice, and no row is changed twice. After each slice the
    /// migrator pauses for as long as the slice took, but for a second at most, so that other transactions get the
    /// locks in between.
    func applyBackfill(_ migration: Migration, _ slices: BackfillSlices, _ record: SQL) async throws {
        var count = 0
        let clock = ContinuousClock()
        while true {
            let start = clock.now
            let isDone = try await retryingLocks(migration.name) {
                try await applySlice(of: migration, slices, record)
            }
            if isDone { break }
            count += 1
            if count.isMultiple(of: 100) {
                logger.info(
                    "Backfill in progress",
                    metadata: ["name": "\(migration.name)", "slices": .stringConvertible(count)])
            }
            try await Task.sleep(for: min(start.duration(to: clock.now), .seconds(1)))
        }
    }

    /// Changes the slice after the cursor. If no rows are left, records the migration and returns true.
    private func applySlice(of migration: Migration, _ slices: BackfillSlices, _ record: SQL) async throws -> Bool {
        try await connection.transaction(opening: [lockTimeout]) { transaction in
            let cursor = try await transaction.query(
                "SELECT quote_literal(cursor) FROM gittix.gittix_backfills WHERE name = \(migration.name)"
            ).decode(String.self).first
            let behind = cursor.map { "WHERE \(slices.key) > \($0)" } ?? ""
            // Without the subquery, ORDER BY could mean the key as text, which sorts differently.
            let keys = try await transaction.query(
                """
                SELECT k::text, quote_literal(k::text)
                FROM (
                    SELECT \(unsafe: slices.key) AS k FROM \(unsafe: slices.table) \(unsafe: behind)
                    ORDER BY \(unsafe: slices.key) LIMIT \(Int64(slices.rows))
                ) AS slice (k) ORDER BY slice.k
                """
            ).decode((String, String).self)
            guard let first = keys.first, let last = keys.last else {
                try await transaction.commit(with: [
                    record, "DELETE FROM gittix.gittix_backfills WHERE name = \(migration.name)",
                ])
                return true
            }
            let statement = migration.sql.replacing("{{first}}", with: first.1).replacing("{{last}}", with: last.1)
            try await transaction.script(unsafe: statement, deadline: .now + Self.timeout)
            try await transaction.commit(with: [
                """
                INSERT INTO gittix.gittix_backfills (name, cursor) VALUES (\(migration.name), \(last.0))
                ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor
                """
            ])
            return false
        }
    }
}
