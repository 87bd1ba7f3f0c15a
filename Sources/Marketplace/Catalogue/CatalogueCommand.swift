/// Proposes a performance, and its event and venue if they are new. The command's id becomes the id of the performance,
/// and of its event and venue if they are new. The ids of new performers are derived from it.
public struct ProposePerformance: CommandPayload {
    /// The event that is performed, or nil if it is new.
    public var eventId: ShowID?
    public var event: NewShow?
    /// The venue, or nil if it is new.
    public var venueId: VenueID?
    public var venue: VenueDetails?
    public var times: PerformanceTimes
    /// The version of the sender's account that the API saw. An older copy defers the command.
    public var userVersion: Int64

    /// The facts of a new event.
    public struct NewShow: Codable, Hashable, Sendable {
        public var title: String
        public var category: ShowCategory
        /// The performers' names. A name that the catalogue already has refers to the performer with this name.
        public var performers: [String]

        public init(title: String, category: ShowCategory, performers: [String] = []) {
            self.title = title
            self.category = category
            self.performers = performers
        }
    }

    public init(
        eventId: ShowID? = nil, event: NewShow? = nil, venueId: VenueID? = nil, venue: VenueDetails? = nil,
        times: PerformanceTimes, userVersion: Int64
    ) {
        self.eventId = eventId
        self.event = event
        self.venueId = venueId
        self.venue = venue
        self.times = times
        self.userVersion = userVersion
    }

    /// Maximum number of a user's undecided proposals.
    public static let limit = 50
}

// MARK: - Commands of admins

/// Publishes a proposed performance with its event and venue.
public struct ApproveProposal: CommandPayload {
    public var performanceId: PerformanceID
    public var userVersion: Int64

    public init(performanceId: PerformanceID, userVersion: Int64) {
        self.performanceId = performanceId
        self.userVersion = userVersion
    }
}

/// Rejects a proposed performance, and the event and the venue that were proposed with it.
public struct RejectProposal: CommandPayload {
    public var performanceId: PerformanceID
    public var userVersion: Int64

    public init(performanceId: PerformanceID, userVersion: Int64) {
        self.performanceId = performanceId
        self.userVersion = userVersion
    }
}

/// Changes an event. If a member is nil, its value stays unchanged.
public struct ChangeShow: CommandPayload {
    public static var type: String { "ChangeEvent" }

    public var eventId: ShowID
    public var title: String?
    public var category: ShowCategory?
    public var performers: [String]?
    /// The only version that may be changed, or nil for any.
    public var ifVersion: Int64?
    public var userVersion: Int64

    public init(
        eventId: ShowID, title: String? = nil, category: ShowCategory? = nil, performers: [String]? = nil,
        ifVersion: Int64? = nil, userVersion: Int64
    ) {
        self.eventId = eventId
        self.title = title
        self.category = category
        self.performers = performers
        self.ifVersion = ifVersion
        self.userVersion = userVersion
    }
}

/// Changes a venue.
public struct ChangeVenue: CommandPayload {
    public var venueId: VenueID
    public var venue: VenueDetails
    public var ifVersion: Int64?
    public var userVersion: Int64

    public init(venueId: VenueID, venue: VenueDetails, ifVersion: Int64? = nil, userVersion: Int64) {
        self.venueId = venueId
        self.venue = venue
        self.ifVersion = ifVersion
        self.userVersion = userVersion
    }
}

/// Gives a performance new times. A postponed performance is scheduled again.
public struct ReschedulePerformance: CommandPayload {
    public var performanceId: PerformanceID
    public var times: PerformanceTimes
    public var ifVersion: Int64?
    public var userVersion: Int64

    public init(performanceId: PerformanceID, times: PerformanceTimes, ifVersion: Int64? = nil, userVersion: Int64) {
        self.performanceId = performanceId
        self.times = times
        self.ifVersion = ifVersion
        self.userVersion = userVersion
    }
}

/// Postpones a performance to a time that is not known yet.
public struct PostponePerformance: CommandPayload {
    public var performanceId: PerformanceID
    public var userVersion: Int64

    public init(performanceId: PerformanceID, userVersion: Int64) {
        self.performanceId = performanceId
        self.userVersion = userVersion
    }
}

/// Cancels a performance permanently.
public struct CancelPerformance: CommandPayload {
    public var performanceId: PerformanceID
    public var userVersion: Int64

    public init(performanceId: PerformanceID, userVersion: Int64) {
        self.performanceId = performanceId
        self.userVersion = userVersion
    }
}

/// Renames a performer.
public struct RenamePerformer: CommandPayload {
    public var performerId: PerformerID
    public var name: String
    public var userVersion: Int64

    public init(performerId: PerformerID, name: String, userVersion: Int64) {
        self.performerId = performerId
        self.name = name
        self.userVersion = userVersion
    }
}

/// Merges an event, a venue, a performer or a performance into another entry for the same thing.
public struct MergeEntries: CommandPayload {
    public enum Kind: String, NamedValue, Sendable, CaseIterable {
        case event, venue, performer, performance
    }

    public var kind: Kind
    public var from: CatalogueID
    public var into: CatalogueID
    public var userVersion: Int64

    public init(kind: Kind, from: CatalogueID, into: CatalogueID, userVersion: Int64) {
        self.kind = kind
        self.from = from
        self.into = into
        self.userVersion = userVersion
    }

    /// Maximum number of entries that are merged into one entry.
    public static let limit = 100
}

/// Decides that two performances that look alike are different ones.
public struct KeepBothPerformances: CommandPayload {
    public var performanceId: PerformanceID
    public var otherId: PerformanceID
    public var userVersion: Int64

    public init(performanceId: PerformanceID, otherId: PerformanceID, userVersion: Int64) {
        self.performanceId = performanceId
        self.otherId = otherId
        self.userVersion = userVersion
    }
}

extension Kind {
    /// An entry of the catalogue of any kind.
    public enum CatalogueThing {}
}

/// The id of an event, a venue, a performer or a performance.
public typealias CatalogueID = Identifier<Kind.CatalogueThing>

/// The commands of the catalogue.
public enum CatalogueCommand: Sendable {
    case propose(ProposePerformance)
    case approve(ApproveProposal)
    case reject(RejectProposal)
    case changeShow(ChangeShow)
    case changeVenue(ChangeVenue)
    case renamePerformer(RenamePerformer)
    case postpone(PostponePerformance)
    case reschedule(ReschedulePerformance)
    case cancel(CancelPerformance)
    case merge(MergeEntries)
    case keepBoth(KeepBothPerformances)
    case importPerformances(ImportPerformances)
}

/// The slices of the catalogue's own work. There are no other events: the catalogue follows only users, and the engine
/// writes the copies of users.
public enum CatalogueEvent: Sendable {
    /// A slice of ``Work/Kind/refreshPerformancesOfShow``.
    case refreshPerformancesOfShow(WorkSlice)
    /// A slice of ``Work/Kind/refreshPerformancesAtVenue``.
    case refreshPerformancesAtVenue(WorkSlice)
    /// A slice of ``Work/Kind/refreshShowsOfPerformer``.
    case refreshShowsOfPerformer(WorkSlice)
}
