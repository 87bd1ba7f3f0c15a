/// The listings service's copy of a performance. It is decoded from the performance's events, and needs only these
/// members.
public struct PerformanceCopy: Hashable, Sendable {
    public var id: PerformanceID
    public var eventId: ShowID
    public var title: String
    public var category: ShowCategory
    public var venue: String
    public var city: String
    public var country: String
    public var place: String?
    public var timeZone: String
    public var startsAt: Timestamp
    public var status: PerformanceState.Status
    public var mergedInto: PerformanceID?
    public var proposedBy: UserID?
    public var version: Int64

    public init(
        id: PerformanceID, eventId: ShowID, title: String, category: ShowCategory, venue: String, city: String,
        country: String, place: String?, timeZone: String, startsAt: Timestamp, status: PerformanceState.Status,
        mergedInto: PerformanceID?, proposedBy: UserID?, version: Int64
    ) {
        self.id = id
        self.eventId = eventId
        self.title = title
        self.category = category
        self.venue = venue
        self.city = city
        self.country = country
        self.place = place
        self.timeZone = timeZone
        self.startsAt = startsAt
        self.status = status
        self.mergedInto = mergedInto
        self.proposedBy = proposedBy
        self.version = version
    }

    public init(_ state: PerformanceState) {
        self.init(
            id: state.id, eventId: state.eventId, title: state.title, category: state.category,
            venue: state.venue.name, city: state.venue.city, country: state.venue.country, place: state.venue.place,
            timeZone: state.venue.timeZone, startsAt: state.times.startsAt, status: state.status,
            mergedInto: state.mergedInto, proposedBy: state.proposedBy, version: state.version)
    }

    /// The reason why listings of the performance are suspended, or nil if they may be on sale. Listings of a merged
    /// performance follow the winner.
    var suspension: Suspension.Reason? {
        switch status {
        case .scheduled, .merged: nil
        case .proposed: .unpublished
        case .postponed: .postponed
        case .cancelled: .eventCancelled
        case .rejected: .eventRemoved
        }
    }

    /// True if a listing would be the same with either version of the performance.
    func listsLike(_ other: PerformanceCopy) -> Bool {
        title == other.title && venue == other.venue && city == other.city && timeZone == other.timeZone
            && country == other.country && place == other.place && eventId == other.eventId
            && startsAt == other.startsAt && status == other.status && mergedInto == other.mergedInto
    }

    /// The refusal of a new listing, or nil if the seller may list tickets of the performance.
    func refusal(toSeller seller: UserID, now: Timestamp) -> Refusal? {
        switch status {
        case .proposed where proposedBy != seller, .rejected: .unknownPerformance
        case .postponed:
            Refusal(
                .conflict, "This event is postponed. You can list your tickets when it has a new date.",
                field: "performanceId")
        case .cancelled: Refusal(.conflict, "This event has been cancelled.", field: "performanceId")
        case .merged:
            Refusal(
                .conflict, "This performance is the same as another one: \(mergedInto.map(\.description) ?? "").",
                field: "performanceId")
        case .proposed, .scheduled:
            startsAt > now ? nil : Refusal(.invalid, "The event has already started.", field: "performanceId")
        }
    }
}

extension PerformanceCopy {
    /// True if the copy is equal to a new copy of the state.
    public func isCopy(of state: PerformanceState) -> Bool { self == PerformanceCopy(state) }

    /// True if no listing of the performance can ever go back on sale.
    public var isClosed: Bool { status == .rejected || status == .cancelled }

    /// The final state for a performance that the catalogue no longer knows (after a restore).
    public var closed: PerformanceCopy {
        var performance = self
        performance.status = .rejected
        performance.mergedInto = nil
        performance.version += 1
        return performance
    }
}

extension PerformanceCopy: Decodable {
    /// The members of a performance's events: see ``PerformanceState``.
    private enum CodingKeys: CodingKey {
        case id, eventId, title, category, venue, times, status, mergedInto, proposedBy, version
    }

    public init(from decoder: any Decoder) throws {
        let state = try decoder.container(keyedBy: CodingKeys.self)
        let venue = try state.decode(VenueDetails.self, forKey: .venue)
        self.init(
            id: try state.decode(PerformanceID.self, forKey: .id),
            eventId: try state.decode(ShowID.self, forKey: .eventId),
            title: try state.decode(String.self, forKey: .title),
            category: try state.decode(ShowCategory.self, forKey: .category), venue: venue.name, city: venue.city,
            country: venue.country, place: venue.place, timeZone: venue.timeZone,
            startsAt: try state.decode(PerformanceTimes.self, forKey: .times).startsAt,
            status: try state.decode(PerformanceState.Status.self, forKey: .status),
            mergedInto: try state.decodeIfPresent(PerformanceID.self, forKey: .mergedInto),
            proposedBy: try state.decodeIfPresent(UserID.self, forKey: .proposedBy),
            version: try state.decode(Int64.self, forKey: .version))
    }
}

extension Refusal {
    static let unknownPerformance = Refusal(
        .invalid, "There is no performance with this id.", field: "performanceId")
}
