public import Marketplace

/// A search for performances. A filter that is nil matches all.
public struct PerformanceSearch: Hashable, Sendable {
    /// Words of the title, the performers, the venue or the city, or their beginnings, and days. Any text is allowed:
    /// operators have no meaning.
    public var text: String?
    /// Words of the city, or their beginnings, in any of the languages that ``KnownCity`` has.
    public var city: String?
    /// An ISO 3166-1 code.
    public var country: String?
    public var category: ShowCategory?
    public var eventId: ShowID?
    public var venueId: VenueID?
    /// The IANA name of the time zone in which "today" is meant. UTC if it is nil.
    public var zone: String?
    /// The earliest start.
    public var from: Timestamp?
    /// The performance starts before this time.
    public var to: Timestamp?

    public init(
        text: String? = nil, city: String? = nil, country: String? = nil, category: ShowCategory? = nil,
        eventId: ShowID? = nil, venueId: VenueID? = nil, zone: String? = nil, from: Timestamp? = nil,
        to: Timestamp? = nil
    ) {
        self.text = text
        self.city = city
        self.country = country
        self.category = category
        self.eventId = eventId
        self.venueId = venueId
        self.zone = zone
        self.from = from
        self.to = to
    }
}

/// A page of performances.
public struct PerformanceResults: Hashable, Sendable {
    public var performances: [PerformanceState]
    /// The start of the next page, if there is one.
    public var next: SearchCursor?
    /// Words that no performance has, and the similar words that were searched instead.
    public var corrections: [SearchNotes.Correction] = []

    public init(
        performances: [PerformanceState], next: SearchCursor? = nil, corrections: [SearchNotes.Correction] = []
    ) {
        self.performances = performances
        self.next = next
        self.corrections = corrections
    }
}
