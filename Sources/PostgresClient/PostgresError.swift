/// What went wrong in an exchange with PostgreSQL. It never holds a parameter's value.
public struct PostgresError: Error, Sendable {
    public enum Kind: Sendable, Hashable {
        /// PostgreSQL answered with an error: see `sqlState`.
        case server
        /// The connection could not be made or was lost. `sent` says whether the statements may have reached the
        /// server; outside of a transaction they may then have taken effect.
        case connectionLost(sent: Bool)
        /// COMMIT was sent and its answer was lost: the transaction may be committed or not.
        case commitUnknown
        /// The deadline passed and the server cancelled the statement. (Where it did not answer to that either, the
        /// connection is lost.)
        case timeout
        /// The Swift task was cancelled, and the statement with it; or the connection was closed, where the server did
        /// not answer.
        case cancelled
        /// No connection of the pool became free in time.
        case poolExhausted
        /// The pool or the connection was closed.
        case closed
        /// A value is not of the type asked for.
        case decoding
        /// The program's mistake: a malformed URL, a transaction used after its end, too many parameters.
        case usage
        /// The server was refused: see `PostgresChecks`.
        case refusedServer
    }

    public var kind: Kind
    /// The five characters of the manual's appendix A; nil where the server said nothing.
    public var sqlState: String?
    public var message: String
    /// The server's further words. They may quote rows, so they are not part of the description: never log them.
    public var detail: String?
    public var constraint: String?
    /// The text of the statement that failed, with placeholders for its values.
    public var statement: String?
    /// Which statement of a pipeline failed, from 0; the number of statements where it was the COMMIT after them.
    public var statementIndex: Int?

    public init(_ kind: Kind, _ message: String, sqlState: String? = nil) {
        self.kind = kind
        self.message = message
        self.sqlState = sqlState
    }

    static func decoding(_ message: String) -> PostgresError { PostgresError(.decoding, message) }
    static func usage(_ message: String) -> PostgresError { PostgresError(.usage, message) }
}

extension PostgresError {
    /// Whether the same transaction, run again from its start, may succeed.
    ///
    /// After `.commitUnknown` it may have taken effect already: whoever runs it again must be able to tell.
    public var isRetryable: Bool {
        switch kind {
        case .connectionLost, .commitUnknown: return true
        case .server:
            switch sqlState {
            // Serialization failure, deadlock, lock timeout.
            case "40001", "40P01", "55P03": return true
            // A plan or a prepared statement that a migration made stale: the connection prepares it anew.
            case "0A000" where message.contains("cached plan"), "26000": return true
            default: return isUnavailable
            }
        default: return false
        }
    }

    /// Whether PostgreSQL is away (stopping, starting, full, unreachable), which is nobody's fault who asked.
    public var isUnavailable: Bool {
        switch kind {
        case .connectionLost, .commitUnknown, .poolExhausted: return true
        case .server:
            guard let sqlState else { return false }
            // 08: connection exceptions, 53: insufficient resources, 57P01-57P03: shutdown, crash, starting up;
            // 25P03: idle in a transaction too long; 25006: a server that became a standby.
            return sqlState.hasPrefix("08") || sqlState.hasPrefix("53")
                || ["57P01", "57P02", "57P03", "25P03", "25006"].contains(sqlState)
        default: return false
        }
    }

    /// Whether a statement took longer than it may, by the deadline or by the server's `statement_timeout`.
    public var isTimeout: Bool { kind == .timeout || (kind == .server && sqlState == "57014") }

    public var isUniqueViolation: Bool { sqlState == "23505" }
}

extension PostgresError: CustomStringConvertible {
    public var description: String {
        var text = "PostgreSQL: "
        switch kind {
        case .server: break
        case .connectionLost(let sent): text += sent ? "connection lost: " : "not connected: "
        case .commitUnknown: text += "the answer to COMMIT was lost: "
        case .timeout: text += "deadline passed: "
        case .cancelled: text += "cancelled: "
        case .poolExhausted: text += "no free connection: "
        case .closed: text += "closed: "
        case .decoding: text += "unexpected value: "
        case .usage: text += "wrong use: "
        case .refusedServer: text += "refused: "
        }
        text += message
        if let sqlState { text += " (\(sqlState))" }
        if let constraint { text += ", constraint \(constraint)" }
        if let statementIndex { text += ", statement \(statementIndex) of a pipeline" }
        if let statement { text += ", in: \(Self.excerpt(of: statement))" }
        return text
    }

    private static func excerpt(of statement: String) -> String {
        let words = statement.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.count <= 160 ? words : words.prefix(159) + "…"
    }
}
