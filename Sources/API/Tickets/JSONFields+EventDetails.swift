import Marketplace

extension JSONFields {
    /// What of an event the body tells, each on its own. An empty section, row or note means that there is none.
    mutating func eventDetails() -> EventDetails {
        EventDetails(
            venue: text("venue", 1...EventDetails.venueLimit, required: false),
            city: text("city", 1...EventDetails.cityLimit, required: false), startsAt: time("startsAt"),
            timeZone: timeZone("timeZone"), section: text("section", 0...EventDetails.sectionLimit, required: false),
            row: text("row", 0...EventDetails.rowLimit, required: false),
            note: paragraphs("note", 0...EventDetails.noteLimit))
    }

    private mutating func timeZone(_ name: String) -> String? {
        guard let text = text(name, 1...EventDetails.timeZoneLimit, required: false) else { return nil }
        guard Zones.isKnown(text) else {
            fail(name, "must be a time zone of the IANA database: Europe/Berlin")
            return nil
        }
        return text
    }
}
