/// The times of a performance.
public struct PerformanceTimes: Codable, Hashable, Sendable {
    public var startsAt: Timestamp
    public var doorsAt: Timestamp?
    public var endsAt: Timestamp?

    public init(startsAt: Timestamp, doorsAt: Timestamp? = nil, endsAt: Timestamp? = nil) {
        self.startsAt = startsAt
        self.doorsAt = doorsAt
        self.endsAt = endsAt
    }

    /// Maximum time from the opening of the doors to the start, in seconds.
    static let longestWait: Int64 = 86_400
    /// Maximum length of a performance, in seconds: a month, for festivals.
    static let longest: Int64 = 31 * 86_400

    /// The refusal of times that no performance can have, or nil if they are valid.
    func refusal(now: Timestamp) -> Refusal? {
        guard startsAt > now else {
            return Refusal(.invalid, "The start must be in the future.", field: "startsAt")
        }
        return orderRefusal
    }

    /// The refusal of doors or an end that contradict the start, or nil if the times are consistent.
    public var orderRefusal: Refusal? {
        if let doorsAt, doorsAt > startsAt || startsAt - .seconds(Self.longestWait) > doorsAt {
            return Refusal(
                .invalid, "The doors must open before the start, and at most a day before it.", field: "doorsAt")
        }
        if let endsAt, endsAt <= startsAt || startsAt + .seconds(Self.longest) < endsAt {
            return Refusal(.invalid, "The end must be after the start, and at most 31 days after it.", field: "endsAt")
        }
        return nil
    }
}

/// One date of a show at one venue, with the facts of both: the body of `PerformanceCreated` and `PerformanceUpdated`.
public struct PerformanceState: Codable, Hashable, Sendable {
    /// ```
    /// proposed ──approve──▶ scheduled ◀──reschedule── postponed
    ///     │ reject              │    ───postpone──▶      │
    ///     ▼                     ▼ cancel                 ▼ cancel
    /// rejected              cancelled ◀──────────────────┘        any of them ──merge──▶ merged
    /// ```
    public enum Status: String, NamedValue, Sendable {
        case proposed, scheduled, postponed, cancelled, rejected, merged
    }

    public var id: PerformanceID
    public var eventId: ShowID
    public var title: String
    public var category: ShowCategory
    /// The names of the performers.
    public var performers: [String]
    public var venueId: VenueID
    public var venue: VenueDetails
    public var times: PerformanceTimes
    public var status: Status
    public var mergedInto: PerformanceID?
    public var proposedBy: UserID?
    public var version: Int64
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        id: PerformanceID, eventId: ShowID, title: String, category: ShowCategory, performers: [String],
        venueId: VenueID, venue: VenueDetails, times: PerformanceTimes, status: Status,
        mergedInto: PerformanceID? = nil, proposedBy: UserID?, version: Int64, createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.id = id
        self.eventId = eventId
        self.title = title
        self.category = category
        self.performers = performers
        self.venueId = venueId
        self.venue = venue
        self.times = times
        self.status = status
        self.mergedInto = mergedInto
        self.proposedBy = proposedBy
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// True while no other performance of the same show may have the same venue and time.
    public var isLive: Bool {
        switch status {
        case .proposed, .scheduled, .postponed: true
        case .cancelled, .rejected, .merged: false
        }
    }

    public var announcement: NewEvent {
        NewEvent(version == 1 ? .performanceCreated : .performanceUpdated, subject: id, version: version, body: self)
    }
}

/// A performance, with the versions of the show and the venue whose facts it has.
public struct Performance: CatalogueRow {
    public typealias Thing = Kind.Performance

    public var state: PerformanceState
    public var showVersion: Int64
    public var venueVersion: Int64

    public init(state: PerformanceState, showVersion: Int64, venueVersion: Int64) {
        self.state = state
        self.showVersion = showVersion
        self.venueVersion = venueVersion
    }

    public var id: PerformanceID { state.id }
    public var mergedInto: PerformanceID? {
        get { state.mergedInto }
        set { state.mergedInto = newValue }
    }
    public var version: Int64 {
        get { state.version }
        set { state.version = newValue }
    }
    public var updatedAt: Timestamp {
        get { state.updatedAt }
        set { state.updatedAt = newValue }
    }
    public var announcement: NewEvent { state.announcement }

    mutating func take(_ show: Show) {
        state.eventId = show.id
        state.title = show.title
        state.category = show.category
        state.performers = show.performers.map(\.name)
        showVersion = show.version
    }

    mutating func take(_ venue: Venue) {
        state.venueId = venue.id
        state.venue = venue.details
        venueVersion = venue.version
    }

    func isAtSameTimeAndPlace(as other: Performance) -> Bool {
        state.eventId == other.state.eventId && state.venueId == other.state.venueId
            && state.times.startsAt == other.state.times.startsAt
    }
}
