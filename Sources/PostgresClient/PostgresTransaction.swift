/// A transaction, usable until its body ends.
public struct PostgresTransaction: Sendable {
    public enum Level: Sendable {
        case readCommitted, repeatableRead, serializable
    }

    public let connection: PostgresConnection
    let id: Int
    /// Applies to each of the transaction's statements.
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

    /// Returns the results of the opening statements.
    ///
    /// These statements are sent with the transaction's first statement, or by this call if no statement precedes it.
    public func opening() async throws -> [PostgresRows] {
        try await connection.opening(of: id, deadline: deadline)
    }

    /// Runs a statement and returns its rows.
    public func query(_ sql: SQL, deadline: ContinuousClock.Instant? = nil) async throws -> PostgresRows {
        try await connection.run([sql], in: id, thenCommit: false, deadline: earlier(deadline))[0]
    }

    /// Runs a statement and returns the number of rows that it inserted, updated or deleted.
    @discardableResult
    public func execute(_ sql: SQL, deadline: ContinuousClock.Instant? = nil) async throws -> Int {
        try await query(sql, deadline: deadline).affectedRows
    }

    /// Runs the statements in one round trip. An error's `statementIndex` names the statement that failed.
    public func pipeline(
        _ statements: [SQL], deadline: ContinuousClock.Instant? = nil
    ) async throws -> [PostgresRows] {
        try await connection.run(statements, in: id, thenCommit: false, deadline: earlier(deadline))
    }

    /// Runs the statements that are not `nil` in one round trip. A `nil` statement has an empty result.
    public func pipeline(present statements: [SQL?]) async throws -> [PostgresRows] {
        var results = try await pipeline(statements.compactMap(\.self))[...]
        return statements.map { $0 == nil ? .empty : results.removeFirst() }
    }

    /// Runs the statements and COMMIT in one round trip. No statement may follow.
    @discardableResult
    public func commit(
        with statements: [SQL] = [], deadline: ContinuousClock.Instant? = nil
    ) async throws -> [PostgresRows] {
        try await connection.run(statements, in: id, thenCommit: true, deadline: earlier(deadline))
    }

    /// Runs text with several statements and no parameters, such as a migration.
    public func script(unsafe text: String, deadline: ContinuousClock.Instant? = nil) async throws {
        try await connection.script(unsafe: text, in: id, deadline: earlier(deadline))
    }

    private func earlier(_ deadline: ContinuousClock.Instant?) -> ContinuousClock.Instant? {
        guard let deadline, let transactionDeadline = self.deadline else { return deadline ?? self.deadline }
        return min(deadline, transactionDeadline)
    }
}
