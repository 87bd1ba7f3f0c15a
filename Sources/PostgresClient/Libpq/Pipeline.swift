/// Statements that are sent in one round trip, in at most one transaction.
struct Pipeline: Sendable {
    var statements: [SQL]
    /// The index of COMMIT, if the pipeline contains it.
    var commitIndex: Int?
    /// True if the first statement is BEGIN.
    let begins: Bool

    init(_ statements: [SQL], begins: Bool = false) {
        self.statements = statements
        self.begins = begins
    }
}

/// One command of a pipeline in libpq's queue.
enum PipelineCommand {
    case prepare(statement: Int, key: StatementCache.Key, name: String)
    case run(statement: Int)
    /// Sets the transaction's settings before this statement.
    case set(before: Int)

    var statement: Int {
        switch self {
        case .prepare(let statement, _, _), .run(let statement), .set(let statement): statement
        }
    }
}

/// The reason for cancelling a pipeline before all its results arrived.
enum CancelReason {
    case timeout, cancelled
}
