/// The result of one statement.
public struct PostgresRows: Sendable {
    let memory: ResultMemory
    let layout: ColumnLayout

    /// The number of rows that the statement inserted, updated or deleted; for SELECT, the number of rows returned.
    public var affectedRows: Int { memory.affectedRows }
    public var columnNames: [String] { layout.columns.map(\.name) }

    /// A result without rows and columns.
    static let empty = PostgresRows(memory: ResultMemory(), layout: ColumnLayout(columns: []))
}

extension PostgresRows: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { memory.rowCount }

    public subscript(row: Int) -> PostgresRow {
        precondition(indices.contains(row), "no row \(row) of \(count)")
        return PostgresRow(rows: self, number: row)
    }

    /// Decodes all columns of every row in their order.
    public func decode<each Value: PostgresDecodable>(
        _ types: (repeat each Value).Type = (repeat each Value).self
    ) throws -> [(repeat each Value)] {
        try map { try $0.decode(types) }
    }

    /// Decodes the only column of every row.
    public func decode<Value: PostgresDecodable>(_ type: Value.Type = Value.self) throws -> [Value] {
        try map { try $0.decode(type) }
    }
}
