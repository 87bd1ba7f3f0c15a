/// A statement with its parameters. An interpolated value is always bound, and never inserted into the text:
///
/// ```swift
/// let orders: SQL = "SELECT id, version FROM orders.orders WHERE id = ANY(\(ids)) ORDER BY id FOR UPDATE"
/// ```
///
/// Statements compose: an interpolated `SQL` adds its text and its parameters. `\(identifier: "orders")` quotes a name.
/// Only `\(unsafe: text)` inserts text unchanged.
public struct SQL: Sendable {
    /// The text around the parameters. There is always one more piece than there are parameters.
    private var pieces: [String]
    private(set) var parameters: Parameters

    private init(pieces: [String], parameters: Parameters) {
        self.pieces = pieces
        self.parameters = parameters
    }

    /// The text that is sent to PostgreSQL, with `$1`, `$2` … for the parameters.
    public var text: String {
        var text = pieces[0]
        text.reserveCapacity(pieces.reduce(0) { $0 + $1.utf8.count + 5 })
        for number in pieces.indices.dropFirst() {
            text += "$"
            text += String(number)
            text += pieces[number]
        }
        return text
    }

    fileprivate mutating func append(text: String) {
        pieces[pieces.count - 1] += text
    }

    fileprivate mutating func bind(_ value: some PostgresEncodable) {
        parameters.append(value)
        pieces.append("")
    }

    /// Appends the other statement's text and parameters.
    public mutating func append(_ other: SQL) {
        append(text: other.pieces[0])
        pieces.append(contentsOf: other.pieces.dropFirst())
        parameters.append(other.parameters)
    }

    public static func + (first: SQL, second: SQL) -> SQL {
        var sum = first
        sum.append(second)
        return sum
    }

    /// Joins the statements with the separator.
    public init(joining statements: some Sequence<SQL>, separator: SQL) {
        self = ""
        var isFirst = true
        for statement in statements {
            if !isFirst { append(separator) }
            append(statement)
            isFirst = false
        }
    }
}

extension SQL: ExpressibleByStringInterpolation {
    public init(stringLiteral text: String) {
        self.init(pieces: [text], parameters: Parameters())
    }

    public init(stringInterpolation: StringInterpolation) {
        self = stringInterpolation.sql
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var sql: SQL = ""

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: String) { sql.append(text: literal) }

        /// Binds the value.
        public mutating func appendInterpolation(_ value: some PostgresEncodable) { sql.bind(value) }

        /// Binds the value; NULL if it is `nil`.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) { sql.bind(value) }

        /// Inserts another statement's text and parameters.
        public mutating func appendInterpolation(_ fragment: SQL) { sql.append(fragment) }

        /// Inserts another statement's text and parameters.
        public mutating func appendInterpolation(fragment: SQL) { sql.append(fragment) }

        /// Quotes a name.
        public mutating func appendInterpolation(identifier name: String) {
            sql.append(text: "\"" + name.replacing("\"", with: "\"\"") + "\"")
        }

        /// Inserts text unchanged. Never use it for input from outside the program.
        public mutating func appendInterpolation(unsafe text: String) { sql.append(text: text) }
    }
}

extension SQL: CustomStringConvertible {
    /// The text, without parameter values.
    public var description: String { text }
}
