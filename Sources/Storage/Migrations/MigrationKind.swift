/// The way in which a migration is applied. The file's first lines name it: see ``MigrationDirectives``.
public enum MigrationKind: Sendable, Hashable {
    /// In one transaction, together with its record.
    case transactional
    /// One statement outside a transaction, such as `CREATE INDEX CONCURRENTLY IF NOT EXISTS`. It runs again after a
    /// failure, so it must be harmless to repeat.
    case concurrent
    /// One statement for each slice of a table's rows, each in its own transaction.
    case backfill(BackfillSlices)
}

/// The slices of a migration that changes the rows of a table while the system runs.
public struct BackfillSlices: Sendable, Hashable {
    /// The table whose rows are visited, with its schema.
    var table: String
    /// The column by which they are ordered. It is unique, not null, and indexed.
    var key: String
    /// The number of rows in a slice.
    var rows: Int

    static let rowLimit = 10_000
}

extension MigrationKind: CustomStringConvertible {
    public var description: String {
        switch self {
        case .transactional: "transactional"
        case .concurrent: "concurrent"
        case .backfill: "backfill"
        }
    }
}
