public import FoundationEssentials
public import Marketplace

/// A place in a list that is sorted by `(created_at, id)`, newest first: the last entry that was given.
public struct ListPlace: Hashable, Sendable {
    public var createdAt: Timestamp
    public var id: UUID

    public init(createdAt: Timestamp, id: UUID) {
        self.createdAt = createdAt
        self.id = id
    }
}
