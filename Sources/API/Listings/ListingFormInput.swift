import Foundation
import Marketplace
import Services

/// The input of the form to create or change a listing.
struct ListingFormInput: Sendable {
    /// `nil` if the form has no title, because the show of the listing can't be changed.
    let title: String?
    /// An empty section, row or note in a change removes the previous one.
    let details: ShowDetails
    let price: Int64
    let currency: Currency
    /// The original price of one ticket, or `nil` if the seller does not say.
    let faceValue: Int64?
    let quantity: Int
    /// The names of the seats of a new listing, or `nil` if it has none.
    let seats: [String]?
    /// ``SplitRule/any`` if the seller restricts nothing.
    let splitRule: SplitRule

    /// Returns `nil` if the input is invalid, and adds the faults to the form.
    ///
    /// - Parameters:
    ///   - before: the listing to change; `nil` for a new one.
    ///   - performance: the performance of a new listing. Its facts replace the facts in the form.
    init?(
        _ form: inout FormFields, changing before: ListingState?, performance: PerformanceState? = nil,
        for visitor: Visitor, now: Timestamp
    ) {
        let nothing: String? = before == nil ? nil : ""
        var details = ShowDetails()
        var title: String?
        if let performance {
            title = performance.title
        } else if before == nil || form.has("title") {
            title = form.line("title", "a title", 1...ListingState.titleLimit)
            details.venue = form.line("venue", "the venue", 1...ShowDetails.venueLimit)
            details.city = form.line("city", "the city", 1...ShowDetails.cityLimit)
            let shown = before.map { ListingForm.values(of: $0, for: visitor) }
            let isUntouched =
                before?.details.startsAt != nil && Self.timeFields.allSatisfy { form[$0] == shown?[$0] ?? "" }
            let zone = Self.zone(&form, city: details.city, isUntouched: isUntouched)
            details.timeZone = zone?.identifier
            // The field cannot show seconds, so an untouched field keeps the exact time.
            if isUntouched, let before {
                details.startsAt = before.details.startsAt
            } else if let zone {
                details.startsAt = Self.start(&form, in: zone, city: details.city, now: now)
            } else if form["startsAt"].trimmed.isEmpty {
                form.fail("startsAt", "Enter the day and time it starts.")
            }
        }
        let tickets = TicketsFormInput(&form, changing: before, hasPerformance: performance != nil)
        let price = PriceFormInput(&form, changing: before, for: visitor)
        guard form.isValid, let tickets, let price else { return nil }
        details.section = tickets.section ?? (form.has("section") ? nothing : nil)
        details.row = tickets.row ?? (form.has("row") ? nothing : nil)
        details.note = tickets.note ?? nothing
        self.title = title
        self.details = details
        self.price = price.price
        self.currency = price.currency
        faceValue = price.faceValue
        quantity = tickets.quantity
        seats = tickets.seats
        splitRule = tickets.splitRule
    }

    /// The command to create a listing.
    ///
    /// - Parameter title: the value of ``title``, which is never `nil` for a new listing.
    func creation(_ title: String, of performance: ListedPerformance?, by requester: Requester) -> CreateListing {
        var create = CreateListing(
            title: title, price: price, currency: currency, faceValue: faceValue, quantity: quantity,
            splitRule: splitRule, seats: seats, details: details, userVersion: requester.version)
        performance?.complete(&create)
        return create
    }

    private static let timeFields = ["city", "startsAt", ListingForm.whichTime, "timeZone"]

    /// The venue's zone. If none is chosen, the zone of a known city. A listing of an earlier version may keep a zone
    /// that is not named after a place.
    private static func zone(_ form: inout FormFields, city: String?, isUntouched: Bool) -> TimeZone? {
        let name = form["timeZone"]
        if name.isEmpty, let zone = city.flatMap(KnownCity.timeZone(of:)) { return zone }
        guard TimeZones.isGeographical(name) || isUntouched && TimeZones.isKnown(name),
            let zone = TimeZone(identifier: name)
        else {
            form.fail("timeZone", "Choose the time zone of the venue.")
            return nil
        }
        return zone
    }

    private static func start(_ form: inout FormFields, in zone: TimeZone, city: String?, now: Timestamp) -> Timestamp?
    {
        guard
            let start = form.localTime(
                "startsAt", "the day and time it starts", choice: ListingForm.whichTime, in: zone)
        else { return nil }
        if start <= now {
            form.fail("startsAt", "This time is in the past. Tickets can only be sold until the event starts.")
        }
        // Cities may share a name, so the seller can confirm a different zone.
        if let city, form[ListingForm.sameZone] != zone.identifier,
            let known = KnownCity.otherTimeZone(of: city, than: zone, at: start.date)
        {
            form.fail(
                "timeZone",
                "The time zone of \(city) is usually \(known), not \(zone.identifier). "
                    + "Choose \(known), or confirm below that \(zone.identifier) is right.")
        }
        return start
    }
}
