import Foundation
import Marketplace

/// What a seller has typed into the form of a listing.
struct ListingInput: Sendable {
    /// Nil when the form has no such field: it is of a listing of which only price, quantity and note can be changed.
    let title: String?
    /// An empty section, row or note in a change takes away what there was.
    let details: EventDetails
    let price: Int64
    let currency: Currency
    let quantity: Int

    /// Nil when something is wrong; the form says what.
    ///
    /// - Parameter before: of the listing that is changed.
    init?(_ form: inout FormFields, changing before: TicketState?, now: Timestamp) {
        let nothing: String? = before == nil ? nil : ""
        var details = EventDetails()
        var title: String?
        if before == nil || form.has("title") {
            title = form.line("title", "a title", 1...TicketState.titleLimit)
            details.venue = form.line("venue", "the venue", 1...EventDetails.venueLimit)
            details.city = form.line("city", "the city", 1...EventDetails.cityLimit)
            let zone = Self.zone(&form)
            details.startsAt = form.localTime("startsAt", "the day and time it starts", in: zone ?? .gmt)
            details.timeZone = zone?.identifier
            // A field has minutes, and no word for the second two o'clock of an autumn night: what was not touched stays.
            if let before {
                let shown = ListingForm.values(of: before)
                let isUntouched = form["startsAt"] == shown["startsAt"] && form["timeZone"] == shown["timeZone"]
                if isUntouched { details.startsAt = before.details.startsAt }
            }
            if zone != nil, let start = details.startsAt, start <= now {
                form.fail("startsAt", "This time is past: tickets can be sold until the event begins.")
            }
            details.section = form.line("section", "a section", 0...EventDetails.sectionLimit) ?? nothing
            details.row = form.line("row", "a row", 0...EventDetails.rowLimit) ?? nothing
        }
        let currency = form.currency("currency")
        let price = form.amount("price", "a price", in: currency ?? .usd)
        let quantity = form.integer("quantity", "how many tickets you sell", 1...TicketState.quantityLimit)
        details.note = form.lines("note", "a note", 0...EventDetails.noteLimit) ?? nothing
        guard form.isRight, let price, let currency, let quantity else { return nil }
        self.title = title
        self.details = details
        self.price = price
        self.currency = currency
        self.quantity = quantity
    }

    private static func zone(_ form: inout FormFields) -> TimeZone? {
        let name = form["timeZone"]
        guard Zones.isKnown(name), let zone = TimeZone(identifier: name) else {
            form.fail("timeZone", "Choose the time zone of the venue.")
            return nil
        }
        return zone
    }
}
