import Marketplace

/// The body of `POST /api/performances`.
struct NewPerformanceInput: Sendable {
    let eventId: ShowID?
    let event: ProposePerformance.NewShow?
    let venueId: VenueID?
    let venue: VenueDetails?
    let times: PerformanceTimes

    init(_ body: [UInt8]) throws(Problem) {
        var fields = try JSONFields(body)
        let knowsEvent = fields.has("eventId")
        let knowsVenue = fields.has("venueId")
        eventId = knowsEvent ? fields.id("eventId") : nil
        event = knowsEvent ? nil : fields.newShow()
        venueId = knowsVenue ? fields.id("venueId") : nil
        venue = knowsVenue ? nil : fields.venue(nil)
        let startsAt = fields.time("startsAt", required: true)
        let doorsAt = fields.time("doorsAt")
        let endsAt = fields.time("endsAt")
        guard fields.finish(), let startsAt else { throw fields.problem }
        times = PerformanceTimes(startsAt: startsAt, doorsAt: doorsAt, endsAt: endsAt)
    }
}

/// The body of `PUT /api/admin/events/:id`. Members that are left out stay unchanged.
struct EventChangeInput: Sendable {
    let title: String?
    let category: ShowCategory?
    let performers: [String]?

    init(_ body: [UInt8]) throws(Problem) {
        var fields = try JSONFields(body)
        title = fields.text("title", 1...ListingState.titleLimit, required: false)
        category = fields.category(required: false)
        performers = fields.has("performers") ? fields.performers() : nil
        guard fields.finish() else { throw fields.problem }
    }
}

/// The body of `PUT /api/admin/venues/:id`. Members that are left out stay unchanged.
struct VenueChangeInput: Sendable {
    private let body: [UInt8]

    init(_ body: [UInt8]) throws(Problem) {
        self.body = body
        var fields = try JSONFields(body)
        // Checks everything but the place, which depends on the country.
        let any = VenueDetails(name: "-", city: "-", country: "DE", timeZone: "Europe/Berlin")
        _ = fields.venue(any, checksPlace: false)
        guard fields.finish() else { throw fields.problem }
    }

    func changed(_ venue: VenueDetails) throws(Problem) -> VenueDetails {
        var fields = try JSONFields(body)
        let changed = fields.venue(venue)
        guard fields.finish(), let changed else { throw fields.problem }
        return changed
    }
}

/// The body of `PUT /api/admin/performances/:id`. If the doors or the end are left out, they move with the start.
struct PerformanceChangeInput: Sendable {
    private let startsAt: Timestamp?
    private let doorsAt: Timestamp?
    private let endsAt: Timestamp?

    init(_ body: [UInt8]) throws(Problem) {
        var fields = try JSONFields(body)
        startsAt = fields.time("startsAt")
        doorsAt = fields.time("doorsAt")
        endsAt = fields.time("endsAt")
        guard fields.finish() else { throw fields.problem }
    }

    func changed(_ times: PerformanceTimes) -> PerformanceTimes {
        let start = startsAt ?? times.startsAt
        let shift = start - times.startsAt
        return PerformanceTimes(
            startsAt: start, doorsAt: doorsAt ?? times.doorsAt.map { $0 + shift },
            endsAt: endsAt ?? times.endsAt.map { $0 + shift })
    }
}

/// The body of `PUT /api/admin/performers/:id`.
struct PerformerChangeInput: Sendable {
    let name: String

    init(_ body: [UInt8]) throws(Problem) {
        var fields = try JSONFields(body)
        let name = fields.text("name", 1...Performer.nameLimit)
        guard fields.finish(), let name else { throw fields.problem }
        self.name = name
    }
}

/// The body of `POST /api/admin/merges`.
struct MergeInput: Sendable {
    let kind: MergeEntries.Kind
    let from: CatalogueID
    let into: CatalogueID

    init(_ body: [UInt8]) throws(Problem) {
        var fields = try JSONFields(body)
        let name = fields.text("kind", 1...40)
        let kind = name.flatMap(MergeEntries.Kind.init(rawValue:))
        if name != nil, kind == nil {
            let names = MergeEntries.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            fields.fail("kind", "must be one of \(names)")
        }
        let from = fields.id("from", of: Marketplace.Kind.CatalogueThing.self)
        let into = fields.id("into", of: Marketplace.Kind.CatalogueThing.self)
        guard fields.finish(), let kind, let from, let into else { throw fields.problem }
        self.kind = kind
        self.from = from
        self.into = into
    }
}

extension JSONFields {
    fileprivate mutating func newShow() -> ProposePerformance.NewShow? {
        let title = text("title", 1...ListingState.titleLimit)
        let category = category(required: true)
        let performers = performers()
        guard let title, let category else { return nil }
        return ProposePerformance.NewShow(title: title, category: category, performers: performers)
    }

    mutating func category(required: Bool) -> ShowCategory? {
        guard let name = text("category", 1...40, required: required) else { return nil }
        let category = PerformanceFilters.category(named: name)
        if category == nil { fail("category", "must be one of \(PerformanceFilters.categories)") }
        return category
    }

    /// The names of performers, one on each line.
    fileprivate mutating func performers() -> [String] {
        let limit = Show.performerLimit * (Performer.nameLimit + 1)
        let names = (paragraphs("performers", 0...limit) ?? "").split(separator: "\n").map { String($0).trimmed }
            .filter { !$0.isEmpty }
        if names.count > Show.performerLimit { fail("performers", "must have at most \(Show.performerLimit) lines") }
        if names.contains(where: { $0.unicodeScalars.count > Performer.nameLimit }) {
            fail("performers", "must have at most \(Performer.nameLimit) characters on each line")
        }
        return names
    }

    /// The facts of a venue. An empty address or place removes the current one.
    ///
    /// - Parameter known: the current facts, if a venue is changed. Facts that the body leaves out stay unchanged.
    fileprivate mutating func venue(_ known: VenueDetails?, checksPlace: Bool = true) -> VenueDetails? {
        let required = known == nil
        let name = text("venue", 1...VenueDetails.nameLimit, required: required) ?? known?.name
        let address = text("address", 0...VenueDetails.addressLimit, required: false) ?? known?.address
        let city = text("city", 1...VenueDetails.cityLimit, required: required) ?? known?.city
        let country = text("country", 2...2, required: required)?.uppercased() ?? known?.country
        if let country, !Country.isCode(country) { fail("country", "must be a country code of ISO 3166-1, such as DE") }
        let place = text("place", 0...VenueDetails.placeLimit, required: false)?.uppercased() ?? known?.place
        if checksPlace, let place, let country, !place.isEmpty, !VenueDetails.isPlace(place, in: country) {
            fail("place", "must be a code of ISO 3166-2 in the country, such as US-NY")
        }
        let zone = timeZone("timeZone", required: required) ?? known?.timeZone
        guard let name, let city, let country, let zone else { return nil }
        return VenueDetails(
            name: name, address: address.flatMap { $0.isEmpty ? nil : $0 }, city: city, country: country,
            place: place.flatMap { $0.isEmpty ? nil : $0 }, timeZone: zone)
    }
}
