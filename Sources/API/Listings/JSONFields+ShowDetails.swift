import Marketplace
import Services

extension JSONFields {
    /// The details of an event. An empty section, row or note is returned as an empty string.
    ///
    /// - Parameter required: True if venue, city, time and time zone must be given, as in the form.
    mutating func eventDetails(required: Bool) -> ShowDetails {
        ShowDetails(
            venue: text("venue", 1...ShowDetails.venueLimit, required: required),
            city: text("city", 1...ShowDetails.cityLimit, required: required),
            startsAt: time("startsAt", required: required), timeZone: timeZone("timeZone", required: required),
            section: text("section", 0...ShowDetails.sectionLimit, required: false),
            row: text("row", 0...ShowDetails.rowLimit, required: false),
            note: paragraphs("note", 0...ShowDetails.noteLimit))
    }

    /// The time zone of a venue.
    mutating func timeZone(_ name: String, required: Bool) -> String? {
        guard let text = text(name, 1...ShowDetails.timeZoneLimit, required: required) else { return nil }
        guard TimeZones.isGeographical(text) else {
            fail(name, "must be the time zone of a place in the IANA database, such as Europe/Berlin")
            return nil
        }
        return text
    }

    /// Adds a fault if no price in the currency can have this amount. The listings service, which knows the fees,
    /// decides whether the whole price is high enough.
    mutating func check(price: Int64?, in currency: Currency) {
        if let fault = price.flatMap({ Price.fault(ofAsk: $0, in: currency) }) { fail("price", fault) }
    }
}
