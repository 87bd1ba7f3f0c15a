public import FoundationEssentials
public import PostgresClient

// What an operator's repair needs of an outbox.
extension Outbox {
    /// The last number that was given.
    public func lastNumber(on session: some PostgresQueryable) async throws -> Int64 {
        // A sequence that was never used has its first number ahead of it.
        try await session.query(
            "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM \(identifier: schema).outbox_ids")[0]
            .decode(Int64.self)
    }

    /// Goes on with numbers beyond this one and beyond all rows, never with smaller ones than it would have; under the
    /// lock, so that none is given meanwhile.
    public func number(beyond last: Int64, on pool: PostgresPool) async throws {
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

    /// The event of each number in a range.
    public func events(
        _ range: ClosedRange<Int64>, on session: some PostgresQueryable
    ) async throws -> [Int64: UUID] {
        let rows = try await session.query(
            "SELECT id, event_id FROM \(table) WHERE id BETWEEN \(range.lowerBound) AND \(range.upperBound)")
        return Dictionary(uniqueKeysWithValues: try rows.decode((Int64, UUID).self))
    }

    /// The row of a number.
    public func row(at id: Int64, on session: some PostgresQueryable) async throws -> OutboxRow? {
        try await read(after: id - 1, limit: 1, on: session).first { $0.id == id }
    }

    /// Up to which version each of these things is told after a number; those of which nothing is told are left out.
    public func told(
        of subjects: [String], after id: Int64, on session: some PostgresQueryable
    ) async throws -> [String: Int64] {
        let rows = try await session.query(
            """
            SELECT subject, max(version) FROM \(table) WHERE id > \(id) AND subject = ANY(\(subjects)) GROUP BY subject
            """)
        return Dictionary(uniqueKeysWithValues: try rows.decode((String, Int64).self))
    }

    /// Takes the mark back to a smaller number: what lies between is kept, and published again after a loss.
    public func lower(lowWater id: Int64, on session: some PostgresQueryable) async throws {
        _ = try await session.query(
            """
            UPDATE \(identifier: schema).marks SET value = \(id) WHERE name = \(Self.lowWaterMark) AND value > \(id)
            """)
    }
}
