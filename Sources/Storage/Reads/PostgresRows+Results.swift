package import PostgresClient

extension PostgresRows {
    /// Decodes each row, and returns the results by the key in a column. If a row can't be decoded, only the result of
    /// its key is a failure.
    package func results<Key: Hashable & PostgresDecodable, Value>(
        by column: String, _ make: (PostgresRow) throws -> Value
    ) throws -> [Key: Result<Value, any Error>] {
        var results: [Key: Result<Value, any Error>] = [:]
        results.reserveCapacity(count)
        for row in self { results[try row.decode(column)] = Result { try make(row) } }
        return results
    }
}
