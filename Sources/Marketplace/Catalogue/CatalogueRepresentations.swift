/// An event of the catalogue as the API shows it.
public struct EventRepresentation: Codable, Hashable, Sendable {
    public var id: ShowID
    public var title: String
    public var category: ShowCategory
    public var performers: [Show.Part]
    public var status: EntryStatus
    public var mergedInto: ShowID?
    public var version: Int64
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(_ show: Show) {
        id = show.id
        title = show.title
        category = show.category
        performers = show.performers
        status = show.status
        mergedInto = show.mergedInto
        version = show.version
        createdAt = show.createdAt
        updatedAt = show.updatedAt
    }
}

/// A venue as the API shows it.
public struct VenueRepresentation: Codable, Hashable, Sendable {
    public var id: VenueID
    public var name: String
    public var address: String?
    public var city: String
    public var country: String
    public var place: String?
    public var timeZone: String
    public var status: EntryStatus
    public var mergedInto: VenueID?
    public var version: Int64
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(_ venue: Venue) {
        id = venue.id
        name = venue.details.name
        address = venue.details.address
        city = venue.details.city
        country = venue.details.country
        place = venue.details.place
        timeZone = venue.details.timeZone
        status = venue.status
        mergedInto = venue.mergedInto
        version = venue.version
        createdAt = venue.createdAt
        updatedAt = venue.updatedAt
    }
}

/// A performer as the API shows it.
public struct PerformerRepresentation: Codable, Hashable, Sendable {
    public var id: PerformerID
    public var name: String
    public var status: EntryStatus
    public var mergedInto: PerformerID?
    public var version: Int64
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(_ performer: Performer) {
        id = performer.id
        name = performer.name
        status = performer.status
        mergedInto = performer.mergedInto
        version = performer.version
        createdAt = performer.createdAt
        updatedAt = performer.updatedAt
    }
}

/// A performance as the API shows it, with the facts of its event and venue.
public struct PerformanceRepresentation: Codable, Hashable, Sendable {
    public struct Place: Codable, Hashable, Sendable {
        public var id: VenueID
        public var name: String
        public var address: String?
        public var city: String
        public var country: String
        public var place: String?
        public var timeZone: String
    }

    public var id: PerformanceID
    public var eventId: ShowID
    public var title: String
    public var category: ShowCategory
    public var performers: [String]
    public var venue: Place
    public var startsAt: Timestamp
    public var doorsAt: Timestamp?
    public var endsAt: Timestamp?
    public var status: PerformanceState.Status
    public var mergedInto: PerformanceID?
    public var version: Int64
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(_ state: PerformanceState) {
        id = state.id
        eventId = state.eventId
        title = state.title
        category = state.category
        performers = state.performers
        venue = Place(
            id: state.venueId, name: state.venue.name, address: state.venue.address, city: state.venue.city,
            country: state.venue.country, place: state.venue.place, timeZone: state.venue.timeZone)
        startsAt = state.times.startsAt
        doorsAt = state.times.doorsAt
        endsAt = state.times.endsAt
        status = state.status
        mergedInto = state.mergedInto
        version = state.version
        createdAt = state.createdAt
        updatedAt = state.updatedAt
    }
}
