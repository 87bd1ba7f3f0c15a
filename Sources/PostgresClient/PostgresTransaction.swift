/// A transaction, for as long as the body runs that was given it.
public struct PostgresTransaction: Sendable {
    public enum Level: Sendable {
        case readCommitted, repeatableRead, serializable
    }

    public let connection: PostgresConnection
    let id: Int
    /// Holds for each of its statements.
    let deadline: ContinuousClock.Instant?

    static func begin(_ level: Level, readOnly: Bool) -> SQL {
        var sql: SQL =
            switch level {
            case .readCommitted: "BEGIN ISOLATION LEVEL READ COMMITTED"
            case .repeatableRead: "BEGIN ISOLATION LEVEL REPEATABLE READ"
            case .serializable: "BEGIN ISOLATION LEVEL SERIALIZABLE"
            }
        if readOnly { sql.append(" READ ONLY") }
        return sql
    }

    /// Runs a statement and returns its rows.
    public func query(_ sql: SQL, deadline: ContinuousClock.Instant? = nil) async throws -> PostgresRows {
        try await connection.run([sql], in: id, thenCommit: false, deadline: earlier(deadline))[0]
    }

    /// Runs a statement and returns how many rows it inserted, changed or deleted.
    @discardableResult
    public func execute(_ sql: SQL, deadline: ContinuousClock.Instant? = nil) async throws -> Int {
        try await query(sql, deadline: deadline).affectedRows
    }

    /// Runs the statements in one round trip. An error says by its `statementIndex` which one failed.
    public func pipeline(
        _ statements: [SQL], deadline: ContinuousClock.Instant? = nil
    ) async throws -> [PostgresRows] {
        try await connection.run(statements, in: id, thenCommit: false, deadline: earlier(deadline))
    }

    /// Runs the statements and COMMIT in one round trip. Nothing can be run in the transaction after it.
    @discardableResult
    public func commit(
        with statements: [SQL] = [], deadline: ContinuousClock.Instant? = nil
    ) async throws -> [PostgresRows] {
        try await connection.run(statements, in: id, thenCommit: true, deadline: earlier(deadline))
    }

    /// Runs text of several statements, without values: a migration's.
    public func script(unsafe text: String, deadline: ContinuousClock.Instant? = nil) async throws {
        try await connection.script(unsafe: text, in: id, deadline: earlier(deadline))
    }

    private func earlier(_ deadline: ContinuousClock.Instant?) -> ContinuousClock.Instant? {
        guard let deadline, let whole = self.deadline else { return deadline ?? self.deadline }
        return min(deadline, whole)
    }
}
