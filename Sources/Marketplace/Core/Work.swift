public import FoundationEssentials

/// A change to many rows that one decision has started: all open holds of a banned buyer end, all listings of a banned
/// seller are withdrawn.
///
/// The decision itself changes one fact (the user is banned) and is small. The rest is done in slices, each a
/// transaction of its own with at most ``WorkSlice/limit`` subjects, until one finds nothing more to do. Decisions in
/// the meantime look at the fact.
public struct Work: Hashable, Sendable {
    /// The name of a kind of work, as it is stored.
    public struct Kind: RawRepresentable, Hashable, Sendable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public init(_ rawValue: String) { self.init(rawValue: rawValue) }
    }

    public var kind: Kind
    /// The id of the fact that changed.
    public var subject: UUID

    public init(_ kind: Kind, _ subject: UUID) {
        self.kind = kind
        self.subject = subject
    }
}

extension Work: Comparable {
    /// A fixed order, in which all transactions insert rows.
    public static func < (one: Work, other: Work) -> Bool {
        one.kind == other.kind
            ? one.subject.precedes(other.subject) : one.kind.rawValue < other.kind.rawValue
    }
}

/// One slice of a piece of work.
public struct WorkSlice: Hashable, Sendable {
    /// Maximum number of orders or listings in a slice.
    public static let maximum = 200

    public var work: Work
    /// Changes at most this many orders or listings.
    public var limit = Self.maximum
    /// The number of items to skip at the beginning, because each of them failed when it was alone.
    public var skipped = 0

    public init(_ work: Work) { self.work = work }
}

/// The work that the decisions of a transaction have started and ended.
public struct WorkChanges: Hashable, Sendable {
    public var started: Set<Work> = []
    public var ended: Set<Work> = []

    public init() {}
}
