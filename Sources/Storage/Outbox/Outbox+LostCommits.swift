public import PostgresClient

// Handles a database that has lost its last commits, as after a failover to an asynchronous replica.
extension Outbox {
    /// The numbers of events that were published, and whose commits the database has lost.
    public struct LostNumbers: Sendable, Hashable {
        /// The last number before the lost ones. Up to it, the outbox and the stream have the same events.
        public let after: Int64
        public let through: Int64

        public init(after: Int64, through: Int64) { (self.after, self.through) = (after, through) }
    }

    private static let lostAfter = "lost_after"
    private static let lostThrough = "lost_through"

    /// Returns the numbers that the database has lost, until a repair by `gittix doctor` forgets them.
    public func lostNumbers(on session: some PostgresQueryable) async throws -> LostNumbers? {
        let rows = try await session.query(
            """
            SELECT first.value, last.value
            FROM \(identifier: schema).marks AS first, \(identifier: schema).marks AS last
            WHERE first.name = \(Self.lostAfter) AND last.name = \(Self.lostThrough)
            """)
        return try rows.first.map { row in
            let (after, through) = try row.decode((Int64, Int64).self)
            return LostNumbers(after: after, through: through)
        }
    }

    /// Forgets the lost numbers.
    public func forgetLostNumbers(on session: some PostgresQueryable) async throws {
        _ = try await session.query(
            "DELETE FROM \(identifier: schema).marks WHERE name = ANY(\([Self.lostAfter, Self.lostThrough]))")
    }

    /// Continues after events that were published and whose commits are lost, so that two events never have the same
    /// number. If rows have lost numbers, the rows after `lost.after` get new numbers, in their order. Stores the lost
    /// numbers.
    ///
    /// The outbox lock is held, so that no number is assigned at the same time. A second call changes nothing.
    ///
    /// - Returns: The number of rows that got new numbers.
    public func continueBeyond(_ lost: LostNumbers, on pool: PostgresPool) async throws -> Int {
        let sequence: SQL = "\(unsafe: sequenceLiteral)"
        try await pool.withTransaction { transaction in
            _ = try await transaction.query("SELECT pg_advisory_xact_lock(\(AdvisoryLock.outbox(schema)))")
            _ = try await transaction.query(
                """
                SELECT setval(\(sequence), greatest(
                    \(max(lost.through, 1)), (SELECT last_value FROM \(identifier: schema).outbox_ids),
                    (SELECT coalesce(max(id), 1) FROM \(table))))
                """)
        }
        // The update below moves rows to the partitions of their new numbers, so these partitions must exist.
        _ = try await maintain(on: pool)
        return try await pool.withTransaction { transaction in
            _ = try await transaction.query("SELECT pg_advisory_xact_lock(\(AdvisoryLock.outbox(schema)))")
            let rows = try await transaction.query(
                """
                UPDATE \(table) AS outbox SET id = renumbered.new
                FROM (
                    SELECT sorted.id, nextval(\(sequence)) AS new
                    FROM (SELECT id FROM \(table) WHERE id > \(lost.after) ORDER BY id) AS sorted
                    WHERE EXISTS (SELECT FROM \(table) WHERE id > \(lost.after) AND id <= \(lost.through))
                ) AS renumbered
                WHERE outbox.id = renumbered.id RETURNING outbox.id
                """)
            for (name, value) in [(Self.lostAfter, lost.after), (Self.lostThrough, lost.through)] {
                try await store(value, as: name, in: transaction)
            }
            return rows.count
        }
    }

    // MARK: The installation

    /// Stores the database's system identifier and the outbox table's object id. A promoted standby has the same
    /// values; a restored backup has a different object id, and perhaps a different system identifier.
    public func noteInstallation(on session: some PostgresQueryable) async throws {
        for (name, value) in try await installation(on: session) { try await store(value, as: name, in: session) }
    }

    /// Returns false if an identifier of the database differs from the stored one.
    public func isNotedInstallation(on session: some PostgresQueryable) async throws -> Bool {
        let present = try await installation(on: session)
        let rows = try await session.query(
            "SELECT name, value FROM \(identifier: schema).marks WHERE name = ANY(\(present.map(\.name)))")
        let noted = Dictionary(uniqueKeysWithValues: try rows.decode((String, Int64).self))
        return present.allSatisfy { noted[$0.name] ?? $0.value == $0.value }
    }

    /// Returns the identifiers, without the system identifier if the login may not read it.
    private func installation(on session: some PostgresQueryable) async throws -> [(name: String, value: Int64)] {
        let table = try await session.query("SELECT '\(unsafe: schema).outbox'::regclass::oid::bigint")[0]
            .decode(Int64.self)
        do {
            let system = try await session.query("SELECT system_identifier FROM pg_control_system()")[0]
                .decode(Int64.self)
            return [("outbox_table", table), ("system", system)]
        } catch let error as PostgresError where error.sqlState == "42501" {
            return [("outbox_table", table)]
        }
    }

    private func store(_ value: Int64, as name: String, in session: some PostgresQueryable) async throws {
        _ = try await session.query(
            """
            INSERT INTO \(identifier: schema).marks AS marks (name, value) SELECT \(name), \(value)
            WHERE NOT EXISTS (SELECT FROM \(identifier: schema).marks WHERE name = \(name) AND value = \(value))
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """)
    }
}
