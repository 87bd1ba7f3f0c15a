/// Statements that travel together: one round trip, one transaction's worth or less.
struct Flight: Sendable {
    var statements: [SQL]
    /// Which statement is the COMMIT, if one is.
    var commitIndex: Int?

    init(_ statements: [SQL], commitIndex: Int? = nil) {
        self.statements = statements
        self.commitIndex = commitIndex
    }
}

/// One command that libpq has in its queue for a flight.
enum Step {
    case prepare(statement: Int, key: StatementCache.Key, name: String)
    case run(statement: Int)

    var statement: Int {
        switch self {
        case .prepare(let statement, _, _), .run(let statement): statement
        }
    }
}

/// Why a flight was given up before its answer came.
enum Abandonment {
    case timeout, cancelled
}
