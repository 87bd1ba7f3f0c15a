import PostgresClient

/// The partitions of a table. The name of each is the table's name and a number: `outbox_4`, `inbox_20779`.
struct Partitions {
    let schema: String
    let table: String

    /// Returns the partitions' numbers in ascending order, and locks the set of partitions until the transaction ends.
    /// Returns `nil` if another transaction has that lock.
    func numbers(under lock: Int64, in transaction: PostgresTransaction) async throws -> [Int64]? {
        let results = try await transaction.pipeline([
            "SELECT set_config('lock_timeout', '500ms', true)",
            "SELECT pg_try_advisory_xact_lock(\(lock))",
            """
            SELECT child.relname::text FROM pg_inherits
            JOIN pg_class AS child ON child.oid = inhrelid
            JOIN pg_class AS parent ON parent.oid = inhparent
            JOIN pg_namespace ON pg_namespace.oid = parent.relnamespace
            WHERE parent.relname = \(table) AND nspname = \(schema)
            """,
        ])
        guard try results[1][0].decode(Bool.self) else { return nil }
        return try results[2].decode(String.self).compactMap { Int64($0.dropFirst(table.count + 1)) }.sorted()
    }
}
