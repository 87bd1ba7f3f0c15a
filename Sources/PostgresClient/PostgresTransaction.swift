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

    /// The answers to the statements that the transaction was opened with. They travel with its first flight; where none
    /// has gone yet, they go now.
    public func opening() async throws -> [PostgresRows] {
        try await connection.opening(of: id, deadline: deadline)
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

    /// Runs those statements that there are in one round trip; what is not there has no rows.
    public func pipeline(present statements: [SQL?]) async throws -> [PostgresRows] {
        var answers = try await pipeline(statements.compactMap(\.self))[...]
        return statements.map { $0 == nil ? .empty : answers.removeFirst() }
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
