/// The show that a ticket admits to, and the place in it. Listings of earlier versions have no details.
public struct ShowDetails: Codable, Hashable, Sendable {
    public var venue: String?
    public var city: String?
    /// The start. It is set together with ``timeZone``.
    public var startsAt: Timestamp?
    /// The venue's IANA time zone: `Europe/Berlin`.
    public var timeZone: String?
    public var section: String?
    public var row: String?
    /// The seller's note. It may have several lines, separated by line feeds.
    public var note: String?

    public init(
        venue: String? = nil, city: String? = nil, startsAt: Timestamp? = nil, timeZone: String? = nil,
        section: String? = nil, row: String? = nil, note: String? = nil
    ) {
        self.venue = venue
        self.city = city
        self.startsAt = startsAt
        self.timeZone = timeZone
        self.section = section
        self.row = row
        self.note = note
    }

    // Maximum length of each text, in Unicode scalars.
    public static let venueLimit = 120
    public static let cityLimit = 80
    public static let sectionLimit = 40
    public static let rowLimit = 20
    public static let noteLimit = 500
    public static let timeZoneLimit = 64

    /// True if the show has started. A show without a time never starts.
    public func hasStarted(by now: Timestamp) -> Bool { startsAt.map { $0 <= now } ?? false }

    /// The details after a change. An empty section, row or note removes the stored one.
    public func changed(by change: ShowDetails) -> ShowDetails {
        ShowDetails(
            venue: change.venue ?? venue, city: change.city ?? city, startsAt: change.startsAt ?? startsAt,
            timeZone: change.timeZone ?? timeZone, section: Self.changed(section, by: change.section),
            row: Self.changed(row, by: change.row), note: Self.changed(note, by: change.note))
    }

    private static func changed(_ text: String?, by change: String?) -> String? {
        guard let change else { return text }
        return change.isEmpty ? nil : change
    }

    /// The part that a buyer has bought: everything but the note.
    var withoutNote: ShowDetails {
        var details = self
        details.note = nil
        return details
    }

    /// The refusal of invalid details, or nil if they are valid.
    var refusal: Refusal? {
        let lines = [
            ("venue", venue, Self.venueLimit), ("city", city, Self.cityLimit), ("section", section, Self.sectionLimit),
            ("row", row, Self.rowLimit),
        ]
        for case (let field, let text?, let limit) in lines where !PlainText.isLine(text, upTo: limit) {
            return Refusal(
                .invalid, "The \(field) must have 1 to \(limit) characters on one line, and must not be blank.",
                field: field)
        }
        if let note, !PlainText.isParagraphs(note, upTo: Self.noteLimit) {
            return Refusal(
                .invalid, "The note must have 1 to \(Self.noteLimit) characters, and must not be blank.", field: "note")
        }
        if let timeZone, !Self.isTimeZoneName(timeZone) {
            return Refusal(.invalid, "The time zone must be a name like Europe/Berlin.", field: "timeZone")
        }
        if (startsAt == nil) != (timeZone == nil) {
            return Refusal(
                .invalid, "Send startsAt and timeZone together.",
                field: startsAt == nil ? "startsAt" : "timeZone")
        }
        return nil
    }

    /// True if the text has the form of an IANA time zone name (theory.html, "Timezone identifiers").
    ///
    /// It does not check that the zone exists, because that needs the database.
    public static func isTimeZoneName(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return text.utf8.count <= timeZoneLimit && parts.count <= 4
            && parts.allSatisfy { part in
                guard let first = part.first, isLetter(first) else { return false }
                return part.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || marks.contains($0) }
            }
    }

    private static let marks = Set("_+-".utf8)

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) && byte < 0x80 }
}

// Payloads of earlier versions have no details, and empty details are not encoded. The synthesized coding of payloads
// calls these two overloads instead of the generic functions.

extension KeyedDecodingContainer {
    func decode(_ type: ShowDetails.Type, forKey key: Key) throws -> ShowDetails {
        try decodeIfPresent(type, forKey: key) ?? ShowDetails()
    }
}

extension KeyedEncodingContainer {
    mutating func encode(_ details: ShowDetails, forKey key: Key) throws {
        try encodeIfPresent(details == ShowDetails() ? nil : details, forKey: key)
    }
}
