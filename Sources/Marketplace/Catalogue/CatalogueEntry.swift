/// A row of the catalogue that is announced with a version.
public protocol CatalogueRow: Hashable, Sendable {
    associatedtype Thing
    var id: Identifier<Thing> { get }
    var mergedInto: Identifier<Thing>? { get set }
    var version: Int64 { get set }
    var updatedAt: Timestamp { get set }
    /// The event that announces the current state.
    var announcement: NewEvent { get }
}

/// A show, a venue or a performer.
public protocol CatalogueEntry: CatalogueRow {
    /// The name of this kind in messages to people, such as "event".
    static var noun: String { get }
    var status: EntryStatus { get set }
}

extension CatalogueEntry {
    /// True if new performances may refer to the entry.
    var isUsable: Bool { status == .proposed || status == .published }
}

/// The loaded rows of one kind, and the rows that the decisions of a batch insert and update.
public struct CatalogueTable<Row: CatalogueRow>: Sendable {
    public typealias ID = Identifier<Row.Thing>

    public private(set) var rows: [ID: Row] = [:]
    public private(set) var inserted: Set<ID> = []
    private var modified: Set<ID> = []

    public var updated: Set<ID> { modified.subtracting(inserted) }

    public init(_ rows: [Row]) {
        for row in rows { self.rows[row.id] = row }
    }

    public subscript(id: ID) -> Row? { rows[id] }

    mutating func insert(_ row: Row) -> NewEvent {
        rows[row.id] = row
        inserted.insert(row.id)
        return row.announcement
    }

    /// Stores a new version of the row, and returns its event.
    mutating func update(_ row: Row, now: Timestamp) -> NewEvent {
        var row = row
        row.version += 1
        row.updatedAt = now
        rows[row.id] = row
        modified.insert(row.id)
        return row.announcement
    }

    /// Stores a change that concerns only this service, so it announces no new version.
    mutating func updateSilently(_ row: Row) {
        rows[row.id] = row
        modified.insert(row.id)
    }

    /// The rows that were merged into a row with one of these ids.
    func merged(into ids: Set<ID>) -> [Row] {
        rows.values.filter { row in row.mergedInto.map(ids.contains) ?? false }.sorted { $0.id < $1.id }
    }
}
