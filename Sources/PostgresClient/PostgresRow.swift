/// A row of an answer.
public struct PostgresRow: Sendable {
    let rows: PostgresRows
    let number: Int

    public var count: Int { rows.layout.columns.count }

    /// The value of the column of this number, from 0.
    public subscript(column: Int) -> PostgresValue {
        rows.memory.value(row: number, column: column, of: rows.layout)
    }

    /// The value of the column of this name; nil where there is none.
    public subscript(name: String) -> PostgresValue? {
        rows.layout.index(of: name).map { self[$0] }
    }

    /// Reads the column of this name.
    public func decode<Value: PostgresDecodable>(
        _ name: String, as type: Value.Type = Value.self
    ) throws -> Value {
        guard let value = self[name] else {
            let names = rows.columnNames.joined(separator: ", ")
            throw PostgresError.decoding("there is no column \"\(name)\" among \(names)")
        }
        return try Value.decode(value)
    }

    /// Reads the columns in their order: as many as there are.
    public func decode<each Value: PostgresDecodable>(
        _ types: (repeat each Value).Type = (repeat each Value).self
    ) throws -> (repeat each Value) {
        var expected = 0
        for _ in repeat (each Value).self { expected += 1 }
        guard expected == count else {
            throw PostgresError.decoding("the row has \(count) columns where \(expected) were expected")
        }
        var column = 0
        func next<One: PostgresDecodable>(_ type: One.Type) throws -> One {
            defer { column += 1 }
            return try One.decode(self[column])
        }
        return (repeat try next((each Value).self))
    }

    /// Reads the only column.
    public func decode<Value: PostgresDecodable>(_ type: Value.Type = Value.self) throws -> Value {
        guard count == 1 else {
            throw PostgresError.decoding("the row has \(count) columns where 1 was expected")
        }
        return try Value.decode(self[0])
    }
}
