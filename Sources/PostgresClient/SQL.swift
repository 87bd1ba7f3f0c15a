/// A statement with its values. A value that is interpolated can only be bound, never spliced into the text:
///
/// ```swift
/// let orders: SQL = "SELECT id, version FROM orders.orders WHERE id = ANY(\(ids)) ORDER BY id FOR UPDATE"
/// ```
///
/// Statements compose: an interpolated `SQL` brings its text and its values along. Names go through
/// `\(identifier: "orders")`, which quotes them. The one way around is `\(unsafe: text)`.
public struct SQL: Sendable {
    /// The text between the parameters: always one piece more than there are parameters.
    private var pieces: [String]
    private(set) var parameters: Parameters

    private init(pieces: [String], parameters: Parameters) {
        self.pieces = pieces
        self.parameters = parameters
    }

    /// The text as PostgreSQL gets it, with `$1`, `$2` … for the values.
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

    /// Adds the other statement's text and values to the end.
    public mutating func append(_ other: SQL) {
        append(text: other.pieces[0])
        pieces.append(contentsOf: other.pieces.dropFirst())
        parameters.append(other.parameters)
    }

    public static func + (one: SQL, other: SQL) -> SQL {
        var both = one
        both.append(other)
        return both
    }

    /// The statements one after the other, with the separator between them.
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

        /// Binds the value, or NULL.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) { sql.bind(value) }

        /// Composes.
        public mutating func appendInterpolation(_ fragment: SQL) { sql.append(fragment) }

        /// Composes.
        public mutating func appendInterpolation(fragment: SQL) { sql.append(fragment) }

        /// Quotes a name.
        public mutating func appendInterpolation(identifier name: String) {
            sql.append(text: "\"" + name.replacing("\"", with: "\"\"") + "\"")
        }

        /// Splices text in as it is: never for anything that came from outside.
        public mutating func appendInterpolation(unsafe text: String) { sql.append(text: text) }
    }
}

extension SQL: CustomStringConvertible {
    /// The text; never a value.
    public var description: String { text }
}
