package import Marketplace
package import PostgresClient

/// A column holds a value that this build does not know: a newer build wrote it, or it was changed by hand.
public struct UnknownValue: Error, CustomStringConvertible {
    public var column: String

    package init(column: String) { self.column = column }

    public var description: String { "column \(column) holds a value that this build does not know" }
}

extension PostgresRows {
    /// Decodes the rows of a list. A row with a value that this build does not know is left out, so that a list can be
    /// read while a newer build is deployed.
    package func decodeKnown<Value>(_ make: (PostgresRow) throws -> Value) throws -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(count)
        for row in self {
            do {
                values.append(try make(row))
            } catch is UnknownValue {}
        }
        return values
    }
}

extension PostgresRow {
    /// Decodes a text column that has a closed set of values.
    ///
    /// - Throws: ``UnknownValue`` if `make` returns `nil`.
    package func known<Value>(_ column: String, _ make: (String) -> Value?) throws -> Value {
        guard let value = make(try decode(column, as: String.self)) else { throw UnknownValue(column: column) }
        return value
    }

    /// Decodes a column with a token's hash.
    package func tokenHash(_ column: String) throws -> TokenHash {
        guard let hash = TokenHash(bytes: try decode(column, as: [UInt8].self)) else {
            throw UnknownValue(column: column)
        }
        return hash
    }
}
