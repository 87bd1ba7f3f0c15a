import Marketplace
import PostgresClient

/// A column holds what this build does not know: the database is ahead of it, or was changed by hand.
public struct UnknownValue: Error, CustomStringConvertible {
    public var column: String
    public var description: String { "the column \(column) holds a value that this build does not know" }
}

extension PostgresRow {
    /// A text column of which only some values are known.
    func known<Value>(_ column: String, _ make: (String) -> Value?) throws -> Value {
        guard let value = make(try decode(column, as: String.self)) else { throw UnknownValue(column: column) }
        return value
    }

    func tokenHash(_ column: String) throws -> TokenHash {
        guard let hash = TokenHash(bytes: try decode(column, as: [UInt8].self)) else {
            throw UnknownValue(column: column)
        }
        return hash
    }
}
