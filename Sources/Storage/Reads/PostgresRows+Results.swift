import PostgresClient

extension PostgresRows {
    /// What each row tells, by the key in its column. A row that can't be read fails for its own key alone.
    func results<Key: Hashable & PostgresDecodable, Value>(
        by column: String, _ make: (PostgresRow) throws -> Value
    ) throws -> [Key: Result<Value, any Error>] {
        var results: [Key: Result<Value, any Error>] = [:]
        results.reserveCapacity(count)
        for row in self { results[try row.decode(column)] = Result { try make(row) } }
        return results
    }
}
