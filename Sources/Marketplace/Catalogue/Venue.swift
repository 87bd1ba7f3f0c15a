/// The facts about a venue that users enter.
public struct VenueDetails: Codable, Hashable, Sendable {
    public var name: String
    /// The street, the number, and any further directions.
    public var address: String?
    public var city: String
    /// ISO 3166-1 alpha-2: `US`.
    public var country: String
    /// The ISO 3166-2 code of the part of the country, if the law depends on it: `US-NY`.
    public var place: String?
    /// The IANA time zone: `America/New_York`.
    public var timeZone: String

    public init(
        name: String, address: String? = nil, city: String, country: String, place: String? = nil, timeZone: String
    ) {
        self.name = name
        self.address = address
        self.city = city
        self.country = country
        self.place = place
        self.timeZone = timeZone
    }

    // Maximum length of each text, in Unicode scalars.
    public static let nameLimit = ShowDetails.venueLimit
    public static let addressLimit = 200
    public static let cityLimit = ShowDetails.cityLimit
    public static let placeLimit = 6

    /// True for a code like `US-NY` of a part of the country.
    public static func isPlace(_ text: String, in country: String) -> Bool {
        let bytes = Array(text.utf8)
        guard (4...placeLimit).contains(bytes.count), text.hasPrefix(country + "-") else { return false }
        return bytes[3...].allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) }
    }

    /// The refusal of invalid details, or nil if they are valid. It does not check that the time zone exists, because
    /// that needs the IANA database.
    var refusal: Refusal? {
        let lines = [
            ("venue", name, Self.nameLimit), ("address", address, Self.addressLimit), ("city", city, Self.cityLimit),
        ]
        for case (let field, let text?, let limit) in lines where !PlainText.isLine(text, upTo: limit) {
            return Refusal(
                .invalid, "The \(field) must have 1 to \(limit) characters on one line, and must not be blank.",
                field: field)
        }
        guard Country.isCode(country) else {
            return Refusal(.invalid, "The country must be an ISO 3166-1 code, such as DE.", field: "country")
        }
        if let place, !Self.isPlace(place, in: country) {
            return Refusal(
                .invalid, "The place must be an ISO 3166-2 code of the country, such as \(country)-1.", field: "place")
        }
        guard ShowDetails.isTimeZoneName(timeZone) else {
            return Refusal(.invalid, "The time zone must be a name like Europe/Berlin.", field: "timeZone")
        }
        return nil
    }
}

/// A place where performances happen: the body of `VenueCreated` and `VenueUpdated`.
public struct Venue: CatalogueEntry, Codable {
    public typealias Thing = Kind.Venue
    public static let noun = "venue"

    public var id: VenueID
    public var details: VenueDetails
    public var status: EntryStatus
    /// The venue that this one was merged into, which is never a merged venue.
    public var mergedInto: VenueID?
    public var proposedBy: UserID?
    public var version: Int64
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        id: VenueID, details: VenueDetails, status: EntryStatus, mergedInto: VenueID? = nil, proposedBy: UserID?,
        version: Int64, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.details = details
        self.status = status
        self.mergedInto = mergedInto
        self.proposedBy = proposedBy
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    public var announcement: NewEvent {
        NewEvent(version == 1 ? .venueCreated : .venueUpdated, subject: id, version: version, body: self)
    }
}
