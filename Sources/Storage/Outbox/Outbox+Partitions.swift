public import PostgresClient

extension Outbox {
    /// The ids that a partition holds.
    static let partitionSize: Int64 = 1_000_000
    /// How many partitions stand ready beyond the one in use.
    static let partitionsAhead: Int64 = 2

    /// What ``maintain(on:)`` did: the names of the partitions.
    public struct Maintenance: Sendable, Hashable {
        public var made: [String] = []
        public var dropped: [String] = []
    }

    /// Makes the partitions that will be needed and drops those that every consumer has read. Any number of processes
    /// may call it; one does the work.
    public func maintain(on pool: PostgresPool) async throws -> Maintenance {
        var maintenance = Maintenance()
        maintenance.made = try await makePartitions(on: pool)
        do {
            maintenance.dropped = try await dropPartitions(on: pool)
        } catch let error as PostgresError where error.sqlState == "55P03" {
            // Dropping waits for every statement on the table and holds up all after it: not now, then.
        }
        return maintenance
    }

    private func makePartitions(on pool: PostgresPool) async throws -> [String] {
        try await pool.withTransaction { transaction in
            guard let numbers = try await numbers(in: transaction) else { return [] }
            let last = try await transaction.query("SELECT last_value FROM \(identifier: schema).outbox_ids")[0]
                .decode(Int64.self)
            let current = last / Self.partitionSize
            let missing = (current...current + Self.partitionsAhead).filter { !numbers.contains($0) }
            for number in missing {
                let name: SQL = "\(identifier: schema).\(identifier: Self.name(number))"
                let (from, to) = (number * Self.partitionSize, (number + 1) * Self.partitionSize)
                // Attached, not created in place: that would lock out those who write meanwhile. What is dropped whole
                // and read by key alone needs no vacuuming for its own sake.
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

    /// Drops whole partitions below the low-water mark. The one that holds the mark stays: the relay compares the event
    /// of the last number with the stream's.
    private func dropPartitions(on pool: PostgresPool) async throws -> [String] {
        try await pool.withTransaction { transaction in
            guard let numbers = try await numbers(in: transaction) else { return [] }
            let lowWater = try await lowWater(on: transaction)
            let read = numbers.filter { ($0 + 1) * Self.partitionSize <= lowWater }
            for number in read {
                try await transaction.execute("DROP TABLE \(identifier: schema).\(identifier: Self.name(number))")
            }
            return read.map(Self.name)
        }
    }

    private static func name(_ number: Int64) -> String { "outbox_\(number)" }

    /// The numbers of the partitions there are; nil where another is at work.
    private func numbers(in transaction: PostgresTransaction) async throws -> [Int64]? {
        try await Partitions(schema: schema, table: "outbox").numbers(
            under: AdvisoryLock.maintenance(schema), in: transaction)
    }
}
