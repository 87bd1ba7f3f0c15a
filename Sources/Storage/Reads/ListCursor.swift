public import FoundationEssentials
public import Marketplace
package import PostgresClient

/// The sort key of the last row of a page, in a list that is sorted by `(created_at, id)` descending.
public struct ListCursor: Hashable, Sendable {
    public var createdAt: Timestamp
    public var id: UUID

    public init(createdAt: Timestamp, id: UUID) {
        self.createdAt = createdAt
        self.id = id
    }
}

extension ListCursor {
    /// Returns the condition for the rows after a cursor, with a leading AND. It is empty for the first page.
    package static func sql(after cursor: ListCursor?) -> SQL {
        guard let cursor else { return "" }
        return "AND (created_at, id) < (\(cursor.createdAt), \(cursor.id))"
    }
}
