import FoundationEssentials
package import Marketplace
package import PostgresClient

/// The table `work` of a service: the work that is done in slices. A row exists from the decision that starts a work
/// until the slice that finds nothing more to do.
package struct WorkTable: Sendable {
    private let table: SQL

    package init(service: ServiceName) { table = "\(identifier: service.rawValue).work" }

    /// Reads the pieces of work after this one, ordered by key.
    package func pending(
        after work: Work?, limit: Int, on session: some PostgresQueryable
    ) async throws -> [Work] {
        let condition: SQL =
            if let work { "WHERE (kind, subject) > (\(work.kind.rawValue), \(work.subject))" } else { "" }
        return try await session.query(
            "SELECT kind, subject FROM \(table) \(condition) ORDER BY kind, subject LIMIT \(limit)"
        ).decode((String, UUID).self).map { Work(Work.Kind($0), $1) }
    }

    /// Locks a piece of work until COMMIT.
    ///
    /// - Returns: False if it has ended, or if another worker has it.
    package func lock(_ work: Work, in transaction: PostgresTransaction) async throws -> Bool {
        try await !transaction.query(
            """
            SELECT FROM \(table) WHERE kind = \(work.kind.rawValue) AND subject = \(work.subject)
            FOR UPDATE SKIP LOCKED
            """
        ).isEmpty
    }

    /// Returns the statement that records that a slice of the work has changed something.
    package func progressSQL(_ work: Work, now: Timestamp) -> SQL {
        """
        UPDATE \(table) SET progressed_at = \(now)
        WHERE kind = \(work.kind.rawValue) AND subject = \(work.subject)
        """
    }

    /// Returns the pieces of work that have made no progress since this time, ordered by key. Each has the time of its
    /// last progress, or of its start.
    package func stalled(
        since time: Timestamp, limit: Int, on session: some PostgresQueryable
    ) async throws -> [(work: Work, since: Timestamp)] {
        try await session.query(
            """
            SELECT kind, subject, coalesce(progressed_at, started_at) FROM \(table)
            WHERE coalesce(progressed_at, started_at) < \(time) ORDER BY kind, subject LIMIT \(limit)
            """
        ).decode((String, UUID, Timestamp).self).map { (Work(Work.Kind($0), $1), $2) }
    }

    /// Returns the statements that store changes. Work that is already stored stays as it is.
    package func changesSQL(_ changes: WorkChanges, now: Timestamp) -> [SQL] {
        var statements: [SQL] = []
        let (started, ended) = (changes.started.sorted(), changes.ended.sorted())
        if !started.isEmpty {
            statements.append(
                """
                INSERT INTO \(table) (kind, subject, started_at)
                SELECT unnest(\(started.map(\.kind.rawValue))), unnest(\(started.map(\.subject))), \(now)
                ON CONFLICT DO NOTHING
                """)
        }
        if !ended.isEmpty {
            statements.append(
                """
                DELETE FROM \(table) AS work
                USING (
                    SELECT unnest(\(ended.map(\.kind.rawValue))), unnest(\(ended.map(\.subject)))
                ) AS ended (kind, subject)
                WHERE work.kind = ended.kind AND work.subject = ended.subject
                """)
        }
        return statements
    }
}
