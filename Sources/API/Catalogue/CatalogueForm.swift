import Foundation
import Marketplace
import Services

/// The form fields for events, venues and times, for proposals of sellers and for admins. The fields have the names of
/// the JSON API, so that the errors of the catalogue service match them.
enum CatalogueForm {
    static let showNames = ["title", "category", "performers"]
    static let venueNames = ["venue", "address", "city", "country", "place", "timeZone"]

    // MARK: Values

    static func values(of show: Show) -> [String: String] {
        [
            "title": show.title, "category": show.category.rawValue,
            "performers": show.performers.map(\.name).joined(separator: "\n"),
        ]
    }

    static func values(of venue: VenueDetails) -> [String: String] {
        [
            "venue": venue.name, "address": venue.address ?? "", "city": venue.city, "country": venue.country,
            "place": venue.place ?? "", "timeZone": venue.timeZone,
        ]
    }

    static func values(of times: PerformanceTimes, in zone: TimeZone) -> [String: String] {
        [
            "startsAt": LocalTime.text(of: times.startsAt, in: zone),
            ListingForm.whichTime: LocalTime.choice(of: times.startsAt, in: zone),
            "doorsAt": times.doorsAt.map { String(LocalTime.text(of: $0, in: zone).suffix(5)) } ?? "",
        ]
    }

    // MARK: Fields

    static let categories = ShowCategory.known.map { category in
        Field.Choice(
            value: category.rawValue, text: category == .other ? "Something else" : CategoryView.of(category).name)
    }

    static func event(_ form: FormFields) -> [View] {
        let chosen = form["category"]
        let isKnown = categories.contains { $0.value == chosen }
        // Keeps a category that only a newer build knows.
        let first = Field.Choice(value: isKnown ? "" : chosen, text: chosen.isEmpty || isKnown ? "Choose" : chosen)
        return [
            Field(
                "title", "Event", hint: "The artist, teams or show.",
                attributes: [("maxlength", "\(ListingState.titleLimit)"), ("autocomplete", "off")], in: form
            ).view,
            Field("category", "Category", .select([first] + categories), in: form).view,
            Field(
                "performers", "Who performs", .textarea(rows: 3),
                hint: "One name on each line, at most \(Show.performerLimit).", isOptional: true, in: form
            ).view,
        ]
    }

    static func venue(_ form: FormFields) -> [View] {
        func line(_ name: String, _ label: String, _ limit: Int, hint: String? = nil, isOptional: Bool = false) -> View
        {
            Field(
                name, label, hint: hint, isOptional: isOptional,
                attributes: [("maxlength", "\(limit)"), ("autocomplete", "off")], in: form
            ).view
        }
        return [
            line("venue", "Venue", VenueDetails.nameLimit), line("city", "City", VenueDetails.cityLimit),
            line(
                "address", "Address", VenueDetails.addressLimit, hint: "Street and number.", isOptional: true),
            Field("country", "Country", .select([.init(value: "", text: "Choose")] + countries), in: form).view,
            line(
                "place", "State or region", VenueDetails.placeLimit, hint: "Its code in ISO 3166-2, such as US-NY.",
                isOptional: true),
            Field(
                "timeZone", "Time zone", .select(ListingForm.zones(form["timeZone"])), hint: "Time zone of the venue.",
                in: form
            ).view,
        ]
    }

    static func times(_ form: FormFields, in zone: TimeZone?) -> [View] {
        let starts = Field(
            "startsAt", "Starts", .input("datetime-local"), hint: "Local time at the venue.", in: form)
        let doors = Field(
            "doorsAt", "Doors open", .input("time"), hint: "On the same day.", isOptional: true, in: form)
        let which = ListingForm.whichTimeField(form, in: zone)
        return [starts.view] + [which?.view].compactMap(\.self) + [doors.view]
    }

    private static let countries = Country.codes.map { code in
        Field.Choice(value: code, text: Locale(identifier: "en").localizedString(forRegionCode: code) ?? code)
    }.sorted { $0.text.compare($1.text, locale: Locale(identifier: "en")) == .orderedAscending }
}

extension FormFields {
    /// The facts of an event, or `nil` if the form has faults.
    mutating func show() -> ProposePerformance.NewShow? {
        let title = line("title", "the event", 1...ListingState.titleLimit)
        let category = category("category")
        let performers = performers("performers")
        guard let title, let category, let performers else { return nil }
        return ProposePerformance.NewShow(title: title, category: category, performers: performers)
    }

    /// - Parameter current: the current category, which is accepted even if only a newer build knows it.
    mutating func category(_ name: String, current: ShowCategory? = nil) -> ShowCategory? {
        if let current, self[name] == current.rawValue { return current }
        guard let category = PerformanceFilters.category(named: self[name]) else {
            fail(name, "Choose a category.")
            return nil
        }
        return category
    }

    /// Names of performers, one on each line.
    mutating func performers(_ field: String) -> [String]? {
        let limit = Show.performerLimit * (Performer.nameLimit + 1)
        guard self[field].trimmed.isEmpty || lines(field, "names", 1...limit) != nil else { return nil }
        let names = self[field].split(separator: "\n").map { String($0).trimmed }.filter { !$0.isEmpty }
        if names.count > Show.performerLimit {
            fail(field, "Enter at most \(Show.performerLimit) names.")
            return nil
        }
        if let long = names.first(where: { $0.unicodeScalars.count > Performer.nameLimit }) {
            fail(field, "Shorten “\(long.prefix(20))…” to \(Performer.nameLimit) characters.")
            return nil
        }
        return names
    }

    /// The facts of a venue, or `nil` if the form has faults.
    mutating func venue() -> VenueDetails? {
        let name = line("venue", "the venue", 1...VenueDetails.nameLimit)
        let address = line("address", "an address", 0...VenueDetails.addressLimit)
        let city = line("city", "the city", 1...VenueDetails.cityLimit)
        let country = self["country"].uppercased()
        if !Country.isCode(country) { fail("country", "Choose a country.") }
        let place = self["place"].trimmed.uppercased()
        if !place.isEmpty, Country.isCode(country), !VenueDetails.isPlace(place, in: country) {
            fail("place", "Enter a code of this country, such as \(country)-01, or leave it empty.")
        }
        let zone = venueZone(city: city)
        guard isValid, let name, let city, let zone else { return nil }
        return VenueDetails(
            name: name, address: address, city: city, country: country, place: place.isEmpty ? nil : place,
            timeZone: zone.identifier)
    }

    /// The chosen zone. If none is chosen, the zone of a known city.
    private mutating func venueZone(city: String?) -> TimeZone? {
        let name = self["timeZone"]
        if name.isEmpty, let zone = city.flatMap(KnownCity.timeZone(of:)) { return zone }
        guard TimeZones.isGeographical(name), let zone = TimeZone(identifier: name) else {
            fail("timeZone", "Choose the time zone of the venue.")
            return nil
        }
        return zone
    }

    /// The times of a performance, or `nil` if the form has faults.
    ///
    /// - Parameter before: the previous times. Their end moves with the start.
    mutating func times(in zone: TimeZone, before: PerformanceTimes? = nil, now: Timestamp) -> PerformanceTimes? {
        guard
            let start = localTime("startsAt", "the day and time it starts", choice: ListingForm.whichTime, in: zone)
        else { return nil }
        if start <= now {
            fail("startsAt", "This time is in the past.")
            return nil
        }
        let end = before.flatMap { before in before.endsAt.map { $0 + (start - before.startsAt) } }
        var times = PerformanceTimes(startsAt: start, endsAt: end)
        let doors = self["doorsAt"].trimmed
        guard !doors.isEmpty else { return times }
        let day = LocalTime.text(of: start, in: zone).prefix(10)
        guard let time = LocalTime.moments("\(day)T\(doors.prefix(5))", in: zone)?.first else {
            fail("doorsAt", "Enter a time such as 19:00.")
            return nil
        }
        guard time <= start else {
            fail("doorsAt", "The doors must open before the event starts.")
            return nil
        }
        times.doorsAt = time
        return times
    }
}
