import Foundation
import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/propose`: adds a date of an event to the catalogue. If the catalogue has an event or a venue with the same name,
/// the proposal uses that entry. The next step is the form to list tickets for the date.
struct ProposePages: Sendable {
    let pages: Pages
    let gateway: CommandGateway
    let users: UserReads
    let catalogue: CatalogueReads
    let keys: DerivedKeys
    /// The budget of searches, because a proposal searches for the event and the venue by name.
    let budget: AddressBudget
    let addresses: ClientAddress

    /// Maximum number of entries that are compared with a name.
    private static let namesakes = 50

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/propose") { request, context in
            _ = try context.requireUser()
            let visitor = Visitor(request)
            let given = FormFields(query: request.uri.query)
            let region = visitor.locale.suffix(2)
            let values = [
                "title": SearchFilters.searchText(given["title"]) ?? "", "event": given["event"],
                "timeZone": visitor.zone ?? "", "country": Country.isCode(String(region)) ? String(region) : "",
            ]
            return try await page(FormFields(values), request, context)
        }
        routes.post("/propose") { request, context in try await propose(request, context) }
    }

    /// The event that the form is for, or nil for a new one.
    private func event(_ form: FormFields) async throws -> Show? {
        guard let id = ShowID(form["event"]), let show = try await catalogue.show(id), show.status == .published else {
            return nil
        }
        return show
    }

    private func page(
        _ form: FormFields, status: HTTPResponse.Status = .ok, _ request: Request, _ context: APIContext
    ) async throws -> Response {
        let event = try await event(form)
        let view: View = [
            "event": event.map { ["id": $0.id.description, "title": $0.title] as View },
            "eventFields": event == nil ? CatalogueForm.event(form) : nil,
            "venueFields": CatalogueForm.venue(form),
            "timeFields": CatalogueForm.times(form, in: TimeZones.known(form["timeZone"])),
            "summary": form.summary, "key": form.nextKey(after: status), "unlisted": SellPages.unlistedPath,
        ]
        return try pages.page("propose", view, PageHead("Add your event"), status: status, request, context)
    }

    private func propose(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        try budget.take(addresses.of(request, context))
        var form = try await FormFields(request, context)
        let known = try await event(form)
        let new = known == nil ? form.show() : nil
        let venue = form.venue()
        let zone = venue.map { TimeZones.zone($0.timeZone) } ?? TimeZones.known(form["timeZone"])
        let times = form.times(in: zone ?? .gmt, now: .now())
        guard form.isValid, let venue, let times, known != nil || new != nil else {
            return try await page(form, status: .unprocessableContent, request, context)
        }
        var eventId = known?.id
        if let new { eventId = try await namesake(of: new) }
        let venueId = try await namesake(of: venue)
        if let eventId, let venueId, let same = try await performance(of: eventId, at: venueId, times) {
            return .seeOther(Self.sellPath(same))
        }
        // A new admin's proposal is published at once, even if the token has the old role.
        let version = try await users.user(requester.id)?.version ?? requester.version
        let command = CommandRequest(
            request, context, actor: requester.actor, route: "POST /propose", form: form, keys: keys
        ).identifiedByInput
        let propose = ProposePerformance(
            eventId: eventId, event: eventId == nil ? new : nil, venueId: venueId,
            venue: venueId == nil ? venue : nil, times: times, userVersion: version)
        do {
            return try await gateway.send(propose, to: .catalogue, as: command).redirect {
                Self.sellPath(PerformanceID($0.uuid))
            }
        } catch {
            let problem = Problem.report(error, context)
            guard form.tryAddFaults(of: problem) else { throw problem }
            return try await page(form, status: problem.status, request, context)
        }
    }

    private static func sellPath(_ id: PerformanceID) -> String {
        "/sell" + URLEncoding.query([("performance", "\(id)")])
    }

    // MARK: - Entries that the catalogue has

    /// The published event with the same name and category.
    private func namesake(of show: ProposePerformance.NewShow) async throws -> ShowID? {
        let key = KnownCity.folded(show.title)
        guard !key.isEmpty else { return nil }
        return try await catalogue.shows(
            text: show.title, category: show.category, after: nil, limit: Self.namesakes
        ).last { KnownCity.folded($0.title) == key }?.id
    }

    /// The published venue with the same name in the same city.
    private func namesake(of venue: VenueDetails) async throws -> VenueID? {
        let key = KnownCity.folded(venue.name)
        guard !key.isEmpty else { return nil }
        return try await catalogue.venues(text: venue.name, after: nil, limit: Self.namesakes).last {
            KnownCity.folded($0.details.name) == key && $0.details.country == venue.country
                && KnownCity.folded($0.details.city) == KnownCity.folded(venue.city)
        }?.id
    }

    private func performance(
        of show: ShowID, at venue: VenueID, _ times: PerformanceTimes
    ) async throws -> PerformanceID? {
        try await catalogue.performances(
            PerformanceSearch(
                eventId: show, venueId: venue, from: times.startsAt, to: times.startsAt + .seconds(1)), limit: 1
        ).performances.first { $0.status == .scheduled }?.id
    }
}
