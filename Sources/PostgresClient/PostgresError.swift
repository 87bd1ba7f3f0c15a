/// An error of a connection, statement or pool. It never contains a parameter's value.
public struct PostgresError: Error, Sendable {
    public enum Kind: Sendable, Hashable {
        /// PostgreSQL answered with an error: see `sqlState`.
        case server
        /// The connection could not be opened or was lost. If `sent` is true, the statements may have reached the
        /// server; outside a transaction, they may have taken effect.
        case connectionLost(sent: Bool)
        /// COMMIT was sent and its result was lost: the transaction may or may not be committed.
        case commitUnknown
        /// The deadline passed and the server cancelled the statement. If the server did not respond to the cancel
        /// request either, the kind is `connectionLost`.
        case timeout
        /// The Swift task was cancelled. The server cancelled the statement; if the server did not respond, the
        /// connection was closed.
        case cancelled
        /// No connection of the pool became free in time.
        case poolExhausted
        /// The pool or the connection was closed.
        case closed
        /// A value does not have the requested type.
        case decoding
        /// A programming error: a malformed URL, a transaction used after its end, too many parameters.
        case usage
        /// The server failed a check: see `PostgresChecks`.
        case refusedServer
    }

    public var kind: Kind
    /// The five-character error code of the manual's appendix A; `nil` if the error is not from the server.
    public var sqlState: String?
    public var message: String
    /// The server's DETAIL text. It may quote rows, so `description` omits it; never log it.
    public var detail: String?
    public var constraint: String?
    /// The text of the failed statement, with placeholders for its parameters.
    public var statement: String?
    /// The index, from 0, of the failed statement in a pipeline. If COMMIT failed, it is the number of statements.
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
    /// True if the same transaction may succeed when it is retried from its start.
    ///
    /// After `.commitUnknown`, the first attempt may have taken effect. A retry must detect that.
    public var isRetryable: Bool {
        switch kind {
        case .connectionLost, .commitUnknown: return true
        case .server:
            switch sqlState {
            // Serialization failure, deadlock, lock timeout.
            case "40001", "40P01", "55P03": return true
            // A migration made a plan or a prepared statement stale: the connection prepares it again.
            case "0A000" where message.contains("cached plan"), "26000": return true
            default: return isUnavailable
            }
        default: return false
        }
    }

    /// True if PostgreSQL is unavailable (stopping, starting, out of resources, unreachable) or no connection became
    /// free, so the caller is not at fault.
    public var isUnavailable: Bool {
        switch kind {
        case .connectionLost, .commitUnknown, .poolExhausted: return true
        case .server:
            guard let sqlState else { return false }
            // 08: connection exceptions; 53: insufficient resources; 57P01-57P03: shutdown, crash, starting up;
            // 25006: the server became a standby.
            return sqlState.hasPrefix("08") || sqlState.hasPrefix("53")
                || ["57P01", "57P02", "57P03", "25006"].contains(sqlState)
        default: return false
        }
    }

    /// True if a statement exceeded its deadline or the server's `statement_timeout`, or the transaction exceeded the
    /// server's `idle_in_transaction_session_timeout`.
    public var isTimeout: Bool {
        kind == .timeout || (kind == .server && (sqlState == "57014" || sqlState == "25P03"))
    }

    public var isUniqueViolation: Bool { sqlState == "23505" }
}

extension PostgresError: CustomStringConvertible {
    public var description: String {
        var text = "PostgreSQL: "
        switch kind {
        case .server: break
        case .connectionLost(let sent): text += sent ? "connection lost: " : "not connected: "
        case .commitUnknown: text += "the result of COMMIT is unknown: "
        case .timeout: text += "deadline passed: "
        case .cancelled: text += "cancelled: "
        case .poolExhausted: text += "no free connection: "
        case .closed: text += "closed: "
        case .decoding: text += "unexpected value: "
        case .usage: text += "incorrect use: "
        case .refusedServer: text += "server refused: "
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
