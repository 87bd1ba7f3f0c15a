import CLibPQ

/// An answer of the server, as libpq holds it.
// libpq's manual, "Behavior in Threaded Programs": PGresult objects are read-only after creation, and so can be passed
// around freely between threads. Only this class frees it, when nobody reads it any more.
@safe
final class ResultMemory: @unchecked Sendable {
    private let result: OpaquePointer?
    let rowCount: Int
    let columnCount: Int
    /// Rows that the statement inserted, changed or deleted; for SELECT, that it returned.
    let affectedRows: Int
    /// `COMMIT`, `INSERT 0 5` …
    let commandTag: String

    /// Takes the result over.
    init(_ result: OpaquePointer) {
        unsafe self.result = unsafe result
        rowCount = unsafe Int(PQntuples(result))
        columnCount = unsafe Int(PQnfields(result))
        affectedRows = unsafe Int(String(cString: PQcmdTuples(result))) ?? 0
        commandTag = unsafe String(cString: PQcmdStatus(result))
    }

    /// An answer of nothing.
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

    /// Whether the layout is still this result's: a prepared statement's may change with its tables.
    func has(_ layout: ColumnLayout) -> Bool {
        layout.columns.count == columnCount
            && layout.columns.indices.allSatisfy { unsafe PQftype(result, Int32($0)) == layout.columns[$0].oid }
    }

    func value(row: Int, column: Int, of layout: ColumnLayout) -> PostgresValue {
        precondition(row < rowCount && column < columnCount, "no such row or column")
        let (row, number) = (Int32(row), Int32(column))
        let described = layout.columns[column]
        guard unsafe PQgetisnull(result, row, number) == 0, let start = unsafe PQgetvalue(result, row, number) else {
            return unsafe PostgresValue(result: self, start: nil, count: 0, oid: described.oid, column: described.name)
        }
        return unsafe PostgresValue(
            result: self, start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self),
            count: Int(PQgetlength(result, row, number)), oid: described.oid, column: described.name)
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

    /// The first column of that name. Few columns: looking along them is faster than hashing.
    func index(of name: String) -> Int? {
        columns.firstIndex { $0.name == name }
    }
}
