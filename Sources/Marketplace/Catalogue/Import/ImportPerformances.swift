/// Imports performances of a source, such as a theatre's programme, into the catalogue. It is safe to repeat: a row
/// that was imported before is matched to its performance by id, and changes only the facts that differ.
public struct ImportPerformances: CommandPayload {
    /// The name of the source. The ids of the rows are unique within it.
    public var source: String
    public var performances: [ImportedPerformance]
    /// The version of the sender's account that the API saw. An older copy defers the command.
    public var userVersion: Int64

    public init(source: String, performances: [ImportedPerformance], userVersion: Int64) {
        self.source = source
        self.performances = performances
        self.userVersion = userVersion
    }

    /// Maximum number of performances in one command, which changes them in one transaction.
    public static let limit = 100
    /// Maximum length of a source's name, in Unicode scalars.
    public static let sourceLimit = 80

    /// True for a name that a source can have.
    public static func isSource(_ name: String) -> Bool { PlainText.isLine(name, upTo: sourceLimit) }
}

/// A row of an import: one date of an event at one venue.
public struct ImportedPerformance: Codable, Hashable, Sendable {
    public enum Status: String, NamedValue, Sendable {
        case scheduled, postponed, cancelled
    }

    /// A venue in the words of a source. The catalogue finds it by its name and city, and uses the other facts only for
    /// a new venue.
    public struct Place: Codable, Hashable, Sendable {
        public var name: String
        public var city: String
        /// ISO 3166-1 alpha-2. If it is given, only a venue in this country matches.
        public var country: String?
        public var address: String?
        /// ISO 3166-2.
        public var place: String?
        public var timeZone: String?

        public init(
            name: String, city: String, country: String? = nil, address: String? = nil, place: String? = nil,
            timeZone: String? = nil
        ) {
            self.name = name
            self.city = city
            self.country = country
            self.address = address
            self.place = place
            self.timeZone = timeZone
        }
    }

    /// The id that the source gives to the performance.
    public var externalId: String
    public var event: ProposePerformance.NewShow
    public var venue: Place
    public var times: PerformanceTimes
    public var status: Status
    /// A hash of the title, the category and the performers. The source's rows of one event have the same digest.
    public var eventDigest: String
    /// A hash of the whole row. If it is the same as in the last import, the row is unchanged, and is not applied
    /// again.
    public var digest: String

    public init(
        externalId: String, event: ProposePerformance.NewShow, venue: Place, times: PerformanceTimes,
        status: Status = .scheduled, eventDigest: String = "", digest: String = ""
    ) {
        self.externalId = externalId
        self.event = event
        self.venue = venue
        self.times = times
        self.status = status
        self.eventDigest = eventDigest
        self.digest = digest
    }

    /// Maximum length of the source's id of a performance, in Unicode scalars.
    public static let externalIdLimit = 300
    /// Maximum length of a digest, in Unicode scalars.
    public static let digestLimit = 64

    /// The refusal of a row that is invalid regardless of the catalogue's contents, or nil if it is valid.
    public var refusal: Refusal? {
        guard PlainText.isLine(externalId, upTo: Self.externalIdLimit) else {
            return Refusal(
                .invalid, "The id must have 1 to \(Self.externalIdLimit) characters on one line.", field: "id")
        }
        guard [digest, eventDigest].allSatisfy({ PlainText.isLine($0, upTo: Self.digestLimit) }) else {
            return Refusal(.invalid, "The digests are missing.", field: "digest")
        }
        if let refusal = CatalogueDecider.refusal(title: event.title, category: event.category) { return refusal }
        guard event.performers.count <= Show.performerLimit else { return .tooManyPerformers }
        guard event.performers.allSatisfy({ PlainText.isLine($0, upTo: Performer.nameLimit) }) else {
            return .performerName
        }
        if venue.country == nil, venue.place != nil {
            return Refusal(.invalid, "Give the country with the place.", field: "country")
        }
        // Optional facts of the venue are checked if they are given, even if the catalogue has the venue.
        return VenueDetails(
            name: venue.name, address: venue.address, city: venue.city, country: venue.country ?? "DE",
            place: venue.place, timeZone: venue.timeZone ?? "Europe/Berlin"
        ).refusal
    }
}

/// The reply to ``ImportPerformances``: the outcome of each row, in the order of the rows.
public struct ImportReply: Codable, Hashable, Sendable {
    public enum Outcome: String, NamedValue, Sendable {
        case created, changed, unchanged
        /// The row has no effect: it is a new performance that has started or is cancelled.
        case skipped
        case failed
    }

    public struct Row: Codable, Hashable, Sendable {
        public var outcome: Outcome
        /// The reason why the row was skipped or failed.
        public var message: String?

        public init(_ outcome: Outcome, _ message: String? = nil) {
            self.outcome = outcome
            self.message = message
        }
    }

    public var rows: [Row]

    public init(rows: [Row]) { self.rows = rows }
}
