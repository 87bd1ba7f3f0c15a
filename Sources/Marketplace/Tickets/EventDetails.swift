/// What a ticket is for, and where one sits with it. Each may be missing: a listing of an earlier version has none.
public struct EventDetails: Codable, Hashable, Sendable {
    public var venue: String?
    public var city: String?
    /// Comes together with ``timeZone``.
    public var startsAt: Timestamp?
    /// The venue's, by its name in the IANA database: `Europe/Berlin`.
    public var timeZone: String?
    public var section: String?
    public var row: String?
    /// What else the seller says. The only text of several lines, each ended by a line feed.
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

    /// The most characters (Unicode scalars) of each text.
    public static let venueLimit = 120
    public static let cityLimit = 80
    public static let sectionLimit = 40
    public static let rowLimit = 20
    public static let noteLimit = 500
    public static let timeZoneLimit = 64

    /// Whether the event has begun. One without a time never has.
    public func hasBegun(by now: Timestamp) -> Bool { startsAt.map { $0 <= now } ?? false }

    /// With the members that a change names. An empty section, row or note takes it away.
    public func changed(by change: EventDetails) -> EventDetails {
        EventDetails(
            venue: change.venue ?? venue, city: change.city ?? city, startsAt: change.startsAt ?? startsAt,
            timeZone: change.timeZone ?? timeZone, section: Self.changed(section, by: change.section),
            row: Self.changed(row, by: change.row), note: Self.changed(note, by: change.note))
    }

    private static func changed(_ text: String?, by change: String?) -> String? {
        guard let change else { return text }
        return change.isEmpty ? nil : change
    }

    /// All but the note: what a buyer has bought.
    var withoutNote: EventDetails {
        var details = self
        details.note = nil
        return details
    }

    /// What is wrong with it, whoever wrote it.
    var refusal: Refusal? {
        let lines = [
            ("venue", venue, Self.venueLimit), ("city", city, Self.cityLimit), ("section", section, Self.sectionLimit),
            ("row", row, Self.rowLimit),
        ]
        for case (let field, let text?, let limit) in lines where !PlainText.isLine(text, upTo: limit) {
            return Refusal(
                .invalid, "A \(field) has 1 to \(limit) characters, not all blank, on one line.", field: field)
        }
        if let note, !PlainText.isParagraphs(note, upTo: Self.noteLimit) {
            return Refusal(
                .invalid, "A note has 1 to \(Self.noteLimit) characters, not all blank, in lines.", field: "note")
        }
        if let timeZone, !Self.isTimeZoneName(timeZone) {
            return Refusal(.invalid, "A time zone is named like Europe/Berlin.", field: "timeZone")
        }
        if (startsAt == nil) != (timeZone == nil) {
            return Refusal(
                .invalid, "When an event starts and in which time zone that is come together.",
                field: startsAt == nil ? "startsAt" : "timeZone")
        }
        return nil
    }

    /// Whether it has the shape of a name in the IANA database (its file theory.html, "Timezone identifiers"): whether
    /// there is such a zone is known where there is a copy of that database.
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

// A payload of an earlier version has no details, and one of a ticket that has none needs no empty object. The compiler
// writes the coding of the payloads with these two rather than with the general ones.

extension KeyedDecodingContainer {
    func decode(_ type: EventDetails.Type, forKey key: Key) throws -> EventDetails {
        try decodeIfPresent(type, forKey: key) ?? EventDetails()
    }
}

extension KeyedEncodingContainer {
    mutating func encode(_ details: EventDetails, forKey key: Key) throws {
        try encodeIfPresent(details == EventDetails() ? nil : details, forKey: key)
    }
}
