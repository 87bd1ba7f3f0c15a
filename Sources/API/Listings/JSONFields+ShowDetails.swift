import Marketplace

extension JSONFields {
    /// The details of an event, each of which may be missing. An empty section, row or note stays empty here.
    mutating func eventDetails() -> ShowDetails {
        ShowDetails(
            venue: text("venue", 1...ShowDetails.venueLimit, required: false),
            city: text("city", 1...ShowDetails.cityLimit, required: false), startsAt: time("startsAt"),
            timeZone: timeZone("timeZone"), section: text("section", 0...ShowDetails.sectionLimit, required: false),
            row: text("row", 0...ShowDetails.rowLimit, required: false),
            note: paragraphs("note", 0...ShowDetails.noteLimit))
    }

    private mutating func timeZone(_ name: String) -> String? {
        guard let text = text(name, 1...ShowDetails.timeZoneLimit, required: false) else { return nil }
        guard TimeZones.isKnown(text) else {
            fail(name, "must be a time zone of the IANA database, such as Europe/Berlin")
            return nil
        }
        return text
    }
}
