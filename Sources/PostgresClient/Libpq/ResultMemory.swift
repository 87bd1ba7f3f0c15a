import CLibPQ

/// Owns a `PGresult`: one result of the server in libpq's memory.
// libpq's manual, "Behavior in Threaded Programs": PGresult objects are read-only after creation, and so can be passed
// around freely between threads. Only this class frees the PGresult, when the last reader has released it.
@safe
final class ResultMemory: @unchecked Sendable {
    private let result: OpaquePointer?
    let rowCount: Int
    let columnCount: Int
    /// The number of rows that the statement inserted, updated or deleted; for SELECT, the number of rows returned.
    let affectedRows: Int
    /// The command tag: `COMMIT`, `INSERT 0 5` …
    let commandTag: String

    /// Takes ownership of the result.
    init(_ result: OpaquePointer) {
        unsafe self.result = unsafe result
        rowCount = unsafe Int(PQntuples(result))
        columnCount = unsafe Int(PQnfields(result))
        affectedRows = unsafe Int(String(cString: PQcmdTuples(result))) ?? 0
        commandTag = unsafe String(cString: PQcmdStatus(result))
    }

    /// Creates a result without rows and columns.
    init() {
        unsafe result = nil
        rowCount = 0
        columnCount = 0
        affectedRows = 0
        commandTag = ""
    }

    deinit {
        unsafe PQclear(result)
    }

    func columnLayout() -> ColumnLayout {
        ColumnLayout(
            columns: (0..<columnCount).map { column in
                unsafe ColumnLayout.Column(
                    name: String(cString: PQfname(result, Int32(column))), oid: PQftype(result, Int32(column)))
            })
    }

    /// Returns true if the result has columns of these types. A prepared statement's columns change when its tables
    /// change.
    func matches(_ layout: ColumnLayout) -> Bool {
        layout.columns.count == columnCount
            && layout.columns.indices.allSatisfy { unsafe PQftype(result, Int32($0)) == layout.columns[$0].oid }
    }

    func value(row: Int, column: Int, of layout: ColumnLayout) -> PostgresValue {
        precondition(row < rowCount && column < columnCount, "row or column out of range")
        let (row, index) = (Int32(row), Int32(column))
        let column = layout.columns[column]
        guard unsafe PQgetisnull(result, row, index) == 0, let start = unsafe PQgetvalue(result, row, index) else {
            return unsafe PostgresValue(result: self, start: nil, count: 0, oid: column.oid, column: column.name)
        }
        return unsafe PostgresValue(
            result: self, start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self),
            count: Int(PQgetlength(result, row, index)), oid: column.oid, column: column.name)
    }
}

/// The names and types of a result's columns.
final class ColumnLayout: Sendable {
    struct Column: Sendable {
        let name: String
        let oid: UInt32
    }

    let columns: [Column]

    init(columns: [Column]) {
        self.columns = columns
    }

    /// The index of the first column with the name. With few columns a linear search is faster than hashing.
    func index(of name: String) -> Int? {
        columns.firstIndex { $0.name == name }
    }
}
