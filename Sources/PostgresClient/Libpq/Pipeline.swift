/// Statements that are sent in one round trip, in at most one transaction.
struct Pipeline: Sendable {
    var statements: [SQL]
    /// The index of COMMIT, if the pipeline contains it.
    var commitIndex: Int?

    init(_ statements: [SQL], commitIndex: Int? = nil) {
        self.statements = statements
        self.commitIndex = commitIndex
    }
}

/// One command of a pipeline in libpq's queue.
enum PipelineCommand {
    case prepare(statement: Int, key: StatementCache.Key, name: String)
    case run(statement: Int)

    var statement: Int {
        switch self {
        case .prepare(let statement, _, _), .run(let statement): statement
        }
    }
}

/// The reason for cancelling a pipeline before all its results arrived.
enum CancelReason {
    case timeout, cancelled
}
