/// A row of a result.
public struct PostgresRow: Sendable {
    let rows: PostgresRows
    let number: Int

    public var count: Int { rows.layout.columns.count }

    /// The value of a column by its index, from 0.
    public subscript(column: Int) -> PostgresValue {
        rows.memory.value(row: number, column: column, of: rows.layout)
    }

    /// The value of a column by its name; `nil` if there is no such column.
    public subscript(name: String) -> PostgresValue? {
        rows.layout.index(of: name).map { self[$0] }
    }

    /// Decodes a column by its name.
    public func decode<Value: PostgresDecodable>(
        _ name: String, as type: Value.Type = Value.self
    ) throws -> Value {
        guard let value = self[name] else {
            let names = rows.columnNames.joined(separator: ", ")
            throw PostgresError.decoding("the result has no column \"\(name)\"; it has \(names)")
        }
        return try Value.decode(value)
    }

    /// Decodes all columns in their order.
    public func decode<each Value: PostgresDecodable>(
        _ types: (repeat each Value).Type = (repeat each Value).self
    ) throws -> (repeat each Value) {
        var expected = 0
        for _ in repeat (each Value).self { expected += 1 }
        guard expected == count else {
            throw PostgresError.decoding("the row has \(count) columns, not \(expected) as expected")
        }
        var column = 0
        func next<Column: PostgresDecodable>(_ type: Column.Type) throws -> Column {
            defer { column += 1 }
            return try Column.decode(self[column])
        }
        return (repeat try next((each Value).self))
    }

    /// Decodes the only column.
    public func decode<Value: PostgresDecodable>(_ type: Value.Type = Value.self) throws -> Value {
        guard count == 1 else {
            throw PostgresError.decoding("the row has \(count) columns, not 1 as expected")
        }
        return try Value.decode(self[0])
    }
}
