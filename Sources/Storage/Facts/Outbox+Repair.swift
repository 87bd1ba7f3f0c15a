public import FoundationEssentials
public import PostgresClient

// Reads and repairs for the operator's commands.
extension Outbox {
    /// Returns the last id that the sequence has assigned.
    public func lastAssignedID(on session: some PostgresQueryable) async throws -> Int64 {
        // A sequence that was never used reports the id that it will assign first.
        try await session.query(
            "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM \(identifier: schema).outbox_ids")[0]
            .decode(Int64.self)
    }

    /// Sets the sequence so that the next id is greater than `last` and the ids of all rows. The sequence never goes
    /// back. The outbox lock is held, so that no id is assigned at the same time.
    public func advanceSequence(beyond last: Int64, on pool: PostgresPool) async throws {
        try await pool.withTransaction { transaction in
            _ = try await transaction.commit(with: [
                "SELECT pg_advisory_xact_lock(\(AdvisoryLock.outbox(schema)))",
                """
                SELECT setval('\(unsafe: schema).outbox_ids', greatest(
                    \(max(last, 1)), (SELECT last_value FROM \(identifier: schema).outbox_ids),
                    (SELECT coalesce(max(id), 1) FROM \(table))))
                """,
            ])
        }
    }

    /// Returns the event id of each row in a range of row ids.
    public func events(
        _ range: ClosedRange<Int64>, on session: some PostgresQueryable
    ) async throws -> [Int64: UUID] {
        let rows = try await session.query(
            "SELECT id, event_id FROM \(table) WHERE id BETWEEN \(range.lowerBound) AND \(range.upperBound)")
        return Dictionary(uniqueKeysWithValues: try rows.decode((Int64, UUID).self))
    }

    /// Returns the row with this id.
    public func row(at id: Int64, on session: some PostgresQueryable) async throws -> OutboxRow? {
        try await read(after: id - 1, limit: 1, on: session).first { $0.id == id }
    }

    /// Returns the highest version of each subject in the events after a row id. Subjects without such an event are
    /// left out.
    public func latestVersions(
        of subjects: [String], after id: Int64, on session: some PostgresQueryable
    ) async throws -> [String: Int64] {
        let rows = try await session.query(
            """
            SELECT subject, max(version) FROM \(table) WHERE id > \(id) AND subject = ANY(\(subjects)) GROUP BY subject
            """)
        return Dictionary(uniqueKeysWithValues: try rows.decode((String, Int64).self))
    }

    /// Lowers the last settled id. The rows above it are kept, and are published again if Redis loses its data.
    public func lower(lastSettledID id: Int64, on session: some PostgresQueryable) async throws {
        _ = try await session.query(
            """
            UPDATE \(identifier: schema).marks SET value = \(id) WHERE name = \(Self.lastSettledMark) AND value > \(id)
            """)
    }
}
