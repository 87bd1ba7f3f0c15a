import Foundation
import Marketplace

/// The input of the form to create or change a listing.
struct ListingFormInput: Sendable {
    /// `nil` if the form has no such field, because only price, quantity and note of the listing can be changed.
    let title: String?
    /// An empty section, row or note in a change removes the previous one.
    let details: ShowDetails
    let price: Int64
    let currency: Currency
    let quantity: Int

    /// Returns `nil` if the input is invalid, and adds the faults to the form.
    ///
    /// - Parameter before: the listing to change; `nil` for a new one.
    init?(_ form: inout FormFields, changing before: ListingState?, now: Timestamp) {
        let nothing: String? = before == nil ? nil : ""
        var details = ShowDetails()
        var title: String?
        if before == nil || form.has("title") {
            title = form.line("title", "a title", 1...ListingState.titleLimit)
            details.venue = form.line("venue", "the venue", 1...ShowDetails.venueLimit)
            details.city = form.line("city", "the city", 1...ShowDetails.cityLimit)
            let zone = Self.zone(&form)
            details.startsAt = form.localTime("startsAt", "the day and time it starts", in: zone ?? .gmt)
            details.timeZone = zone?.identifier
            // The field cannot show seconds, or the second occurrence of an hour when clocks go back. So an untouched
            // field keeps the exact time.
            if let before {
                let shown = ListingForm.values(of: before)
                let isUntouched = form["startsAt"] == shown["startsAt"] && form["timeZone"] == shown["timeZone"]
                if isUntouched { details.startsAt = before.details.startsAt }
            }
            if zone != nil, let start = details.startsAt, start <= now {
                form.fail("startsAt", "This time is in the past. Tickets can only be sold until the event starts.")
            }
            details.section = form.line("section", "a section", 0...ShowDetails.sectionLimit) ?? nothing
            details.row = form.line("row", "a row", 0...ShowDetails.rowLimit) ?? nothing
        }
        let currency = form.currency("currency")
        let price = form.amount("price", "a price", in: currency ?? .usd)
        let quantity = form.integer("quantity", "how many tickets you sell", 1...ListingState.quantityLimit)
        details.note = form.lines("note", "a note", 0...ShowDetails.noteLimit) ?? nothing
        guard form.isValid, let price, let currency, let quantity else { return nil }
        self.title = title
        self.details = details
        self.price = price
        self.currency = currency
        self.quantity = quantity
    }

    private static func zone(_ form: inout FormFields) -> TimeZone? {
        let name = form["timeZone"]
        guard TimeZones.isKnown(name), let zone = TimeZone(identifier: name) else {
            form.fail("timeZone", "Choose the time zone of the venue.")
            return nil
        }
        return zone
    }
}
