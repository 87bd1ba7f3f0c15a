public import Marketplace
public import PostgresClient

extension Outbox {
    /// The number of ids in each partition.
    static let partitionSize: Int64 = 1_000_000
    /// The number of empty partitions that are kept after the current partition.
    static let partitionsAhead: Int64 = 2

    /// The partitions that ``maintain(on:)`` created and dropped, by name.
    public struct Maintenance: Sendable, Hashable {
        public var created: [String] = []
        public var dropped: [String] = []
    }

    /// The time after which a settled row is deleted, unless its partition was dropped before. Until then, its event
    /// can be replayed.
    public static let retention = Duration.seconds(30 * 86_400)

    /// Deletes the oldest rows that every follower has settled and that are older than ``retention``. Otherwise a small
    /// system would keep them for the years that it takes to fill a partition.
    ///
    /// - Returns: The number of deleted rows, at most `limit`.
    public func prune(at now: Timestamp, limit: Int, on pool: PostgresPool) async throws -> Int {
        // Ids are assigned in the order of time, so the oldest rows have the smallest ids. As in `dropPartitions`, the
        // row at the mark stays.
        let first: SQL = "(SELECT min(id) FROM \(table))"
        let mark: SQL = "(SELECT value FROM \(identifier: schema).marks WHERE name = \(Self.lastSettledMark))"
        return try await pool.execute(
            """
            DELETE FROM \(table)
            WHERE id >= \(first) AND id < \(first) + \(Int64(limit)) AND id < \(mark)
                AND at < \(now - Self.retention)
            """)
    }

    /// Creates the next partitions, and drops the partitions that every follower has settled. Any number of processes
    /// may call it at the same time: one of them does the work.
    public func maintain(on pool: PostgresPool) async throws -> Maintenance {
        var maintenance = Maintenance()
        maintenance.created = try await createPartitions(on: pool)
        do {
            maintenance.dropped = try await dropPartitions(on: pool)
        } catch let error as PostgresError where error.sqlState == "55P03" {
            // Dropping needs an exclusive lock on the table. If this waited longer for the lock, other statements would
            // queue behind it. The next call tries again.
        }
        return maintenance
    }

    private func createPartitions(on pool: PostgresPool) async throws -> [String] {
        try await pool.withTransaction { transaction in
            guard let numbers = try await numbers(in: transaction) else { return [] }
            let last = try await transaction.query("SELECT last_value FROM \(identifier: schema).outbox_ids")[0]
                .decode(Int64.self)
            let current = last / Self.partitionSize
            let missing = (current...current + Self.partitionsAhead).filter { !numbers.contains($0) }
            for number in missing {
                let name: SQL = "\(identifier: schema).\(identifier: Self.name(number))"
                let (from, to) = (number * Self.partitionSize, (number + 1) * Self.partitionSize)
                // Created separately and then attached, because PARTITION OF would block writers. A table that is read
                // by key and dropped as a whole needs no vacuum after inserts.
                try await transaction.execute(
                    "CREATE TABLE \(name) (LIKE \(table) INCLUDING ALL) WITH (autovacuum_vacuum_insert_threshold = -1)")
                try await transaction.execute(
                    """
                    ALTER TABLE \(table) ATTACH PARTITION \(name)
                    FOR VALUES FROM (\(unsafe: String(from))) TO (\(unsafe: String(to)))
                    """)
            }
            return missing.map(Self.name)
        }
    }

    /// Drops whole partitions below the low-water mark. The partition with the mark stays, because the relay compares
    /// the event of the row at the mark with the stream's event.
    private func dropPartitions(on pool: PostgresPool) async throws -> [String] {
        try await pool.withTransaction { transaction in
            guard let numbers = try await numbers(in: transaction) else { return [] }
            let lastSettledID = try await lastSettledID(on: transaction)
            let read = numbers.filter { ($0 + 1) * Self.partitionSize <= lastSettledID }
            for number in read {
                try await transaction.execute("DROP TABLE \(identifier: schema).\(identifier: Self.name(number))")
            }
            return read.map(Self.name)
        }
    }

    private static func name(_ number: Int64) -> String { "outbox_\(number)" }

    /// Returns the numbers of the existing partitions, or `nil` if another process is at work.
    private func numbers(in transaction: PostgresTransaction) async throws -> [Int64]? {
        try await Partitions(schema: schema, table: "outbox").numbers(
            under: AdvisoryLock.maintenance(schema), in: transaction)
    }
}
