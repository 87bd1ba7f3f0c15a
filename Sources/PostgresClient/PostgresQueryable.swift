/// A pool, connection or transaction that runs statements.
public protocol PostgresQueryable: Sendable {
    /// Runs a statement and returns its rows.
    func query(_ sql: SQL, deadline: ContinuousClock.Instant?) async throws -> PostgresRows

    /// Runs the statements in one round trip. Either all of them take effect or none.
    func pipeline(_ statements: [SQL], deadline: ContinuousClock.Instant?) async throws -> [PostgresRows]
}

extension PostgresQueryable {
    public func query(_ sql: SQL) async throws -> PostgresRows { try await query(sql, deadline: nil) }

    public func pipeline(_ statements: [SQL]) async throws -> [PostgresRows] {
        try await pipeline(statements, deadline: nil)
    }
}

extension PostgresPool: PostgresQueryable {}
extension PostgresConnection: PostgresQueryable {}
extension PostgresTransaction: PostgresQueryable {}
