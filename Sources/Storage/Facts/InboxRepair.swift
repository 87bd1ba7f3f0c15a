public import FoundationEssentials
public import Marketplace
public import PostgresClient

/// Finds commands in a service's inbox that have no reply and will get none, and refuses them.
public struct InboxRepair: Sendable {
    private let service: ServiceName
    private let pool: PostgresPool
    private let isAbandoned: SQL
    private let release: (@Sendable (UUID) -> SQL)?

    /// - Parameters:
    ///   - isAbandoned: The condition for rows of `inbox` that have no reply and will get none from work in progress.
    ///   - release: Returns the statement that deletes a command's rows in the service's own tables. The service keeps
    ///     them until the command has a reply.
    public init(
        service: ServiceName, pool: PostgresPool, isAbandoned: SQL = "true", release: (@Sendable (UUID) -> SQL)? = nil
    ) {
        self.service = service
        self.pool = pool
        self.isAbandoned = isAbandoned
        self.release = release
    }

    /// Returns the abandoned commands that were accepted before `moment`.
    public func unanswered(before moment: Timestamp, limit: Int) async throws -> [(id: UUID, type: String)] {
        try await pool.query(
            """
            SELECT id, type FROM \(identifier: service.rawValue).inbox
            WHERE outcome IS NULL AND actor IS NOT NULL AND received_at < \(moment) AND \(isAbandoned)
            ORDER BY id LIMIT \(limit)
            """
        ).map { (try $0.decode("id", as: UUID.self), try $0.decode("type", as: String.self)) }
    }

    /// Stores a refusal as the reply to a command, if it is still abandoned.
    ///
    /// - Returns: True if the refusal was stored.
    public func answer(_ id: UUID, with refusal: Refusal) async throws -> Bool {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let body = RawJSON(Array(try encoder.encode(refusal)))
        return try await pool.withTransaction { (transaction) -> Bool in
            let rows = try await transaction.query(
                """
                UPDATE \(identifier: service.rawValue).inbox SET outcome = 'refused', reply = \(body)::json
                WHERE id = \(id) AND outcome IS NULL AND \(isAbandoned) RETURNING id
                """)
            if !rows.isEmpty, let release { _ = try await transaction.query(release(id)) }
            return !rows.isEmpty
        }
    }
}
