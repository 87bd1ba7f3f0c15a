public import FoundationEssentials

/// A change to many rows that one decision has started. For example, all open holds of a banned buyer end, or all
/// listings of a banned seller are withdrawn.
///
/// The decision itself changes only one fact (the user is banned). Slices change the rows, each in its own transaction
/// with at most ``WorkSlice/limit`` subjects, until a slice finds no more rows. Until then, decisions check the fact.
public struct Work: Hashable, Sendable {
    /// The stored name of a kind of work.
    public struct Kind: RawRepresentable, Hashable, Sendable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public init(_ rawValue: String) { self.init(rawValue: rawValue) }
    }

    public var kind: Kind
    /// The subject of the fact that changed: usually an id, such as the banned user's.
    public var subject: UUID

    public init(_ kind: Kind, _ subject: UUID) {
        self.kind = kind
        self.subject = subject
    }
}

extension Work: Comparable {
    /// The order in which every transaction inserts its works, so that two transactions do not deadlock.
    public static func < (one: Work, other: Work) -> Bool {
        one.kind == other.kind
            ? one.subject.precedes(other.subject) : one.kind.rawValue < other.kind.rawValue
    }
}

/// One slice of a piece of work.
public struct WorkSlice: Hashable, Sendable {
    /// Maximum number of items, such as orders or listings, in a slice.
    public static let maximum = 200

    public var work: Work
    /// The slice changes at most this many items.
    public var limit = Self.maximum
    /// The number of items to skip at the beginning. Each of them has failed in a slice of one item.
    public var skipped = 0

    public init(_ work: Work) { self.work = work }
}

/// The work that the decisions of a transaction have started, advanced or ended.
public struct WorkChanges: Hashable, Sendable {
    public var started: Set<Work> = []
    public var ended: Set<Work> = []
    /// The work that has progressed without an event, because a slice has changed facts that no event announces.
    public var progressed: Set<Work> = []

    public init() {}
}
