import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/admin/catalogue`: the pending proposals, a search for entries, and the decisions about one performance.
///
/// Decisions that affect sellers or buyers are confirmed on a separate page.
struct CurationPages: Sendable {
    let pages: Pages
    let gateway: CommandGateway
    let users: UserReads
    let catalogue: CatalogueReads
    let keys: DerivedKeys
    private let sender: CurationSender

    static let path = "/admin/catalogue"
    private static let searchLimit = 20

    init(pages: Pages, gateway: CommandGateway, users: UserReads, catalogue: CatalogueReads, keys: DerivedKeys) {
        self.pages = pages
        self.gateway = gateway
        self.users = users
        self.catalogue = catalogue
        self.keys = keys
        sender = CurationSender(gateway: gateway, keys: keys)
    }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/admin/catalogue") { request, context in try await list(request, context) }
        routes.get("/admin/catalogue/performances/:id") { request, context in
            _ = try await Curator.of(context, users)
            return try await page(FormFields(), .ok, request, context)
        }
        routes.post("/admin/catalogue/performances/:id/approve") { request, context in
            try await decide("approve", request, context) { ApproveProposal(performanceId: $0, userVersion: $1) }
        }
        routes.post("/admin/catalogue/performances/:id/reject") { request, context in
            try await decide("reject", request, context) { RejectProposal(performanceId: $0, userVersion: $1) }
        }
        routes.post("/admin/catalogue/performances/:id/postpone") { request, context in
            try await decide("postpone", request, context) { PostponePerformance(performanceId: $0, userVersion: $1) }
        }
        routes.post("/admin/catalogue/performances/:id/cancel") { request, context in
            try await decide("cancel", request, context) { CancelPerformance(performanceId: $0, userVersion: $1) }
        }
        routes.post("/admin/catalogue/performances/:id/reschedule") { request, context in
            try await reschedule(request, context)
        }
        for question in CurationQuestion.all {
            routes.get(RouterPath("/admin/catalogue/performances/:id/\(question.action)")) { request, context in
                try await ask(question, request, context)
            }
        }
    }

    private func performance(_ context: APIContext) async throws -> PerformanceState {
        let id = try context.pageID(of: Kind.Performance.self, "performance")
        guard let performance = try await catalogue.performance(id) else { throw Problem.notFound("performance") }
        return performance
    }

    // MARK: - Lists

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await Curator.of(context, users)
        let visitor = Visitor(request)
        let text = SearchFilters.searchText(FormFields(query: request.uri.query)["q"])
        let list = ListPage(request, path: Self.path, list: "proposals", keys: keys)
        let found = try await catalogue.proposals(after: list.after, limit: list.limit + 1)
        let shown = found.prefix(list.limit)
        let emails = try await users.emails(of: Set(shown.compactMap(\.proposedBy)))
        let view: View = [
            "nav": AdminNavigation.view(Self.path), "text": text, "isEmpty": found.isEmpty,
            "proposals": shown.map { proposal -> View in
                let entry = CuratedEntry(proposal, visitor)
                return [
                    "path": entry.path, "title": proposal.title,
                    "when": visitor.venueTime(proposal.times.startsAt, in: proposal.venue.timeZone),
                    "venue": "\(proposal.venue.name), \(proposal.venue.city)",
                    "user": proposal.proposedBy?.description,
                    "email": proposal.proposedBy.map { emails[$0] ?? $0.description },
                    "at": visitor.localTime(proposal.createdAt),
                ]
            },
            "first": list.first, "more": list.more(found) { ListCursor(createdAt: $0.createdAt, id: $0.id.uuid) },
            "found": try await text.asyncMap { try await search($0, visitor) },
        ]
        return try pages.page("admin-catalogue", view, PageHead("Catalogue"), request, context)
    }

    private func search(_ text: String, _ visitor: Visitor) async throws -> View {
        let performances = try await catalogue.performances(
            PerformanceSearch(text: text, zone: visitor.zone), limit: Self.searchLimit)
        let shows = try await catalogue.shows(text: text, after: nil, limit: Self.searchLimit)
        let venues = try await catalogue.venues(text: text, after: nil, limit: Self.searchLimit)
        let lists: [(String, [CuratedEntry])] = [
            ("Dates", performances.performances.map { CuratedEntry($0, visitor) }),
            ("Events", shows.map(CuratedEntry.init)), ("Venues", venues.map(CuratedEntry.init)),
        ]
        return [
            "nothing": lists.allSatisfy { $0.1.isEmpty },
            "lists": lists.filter { !$0.1.isEmpty }.map { name, entries -> View in
                ["name": name, "entries": entries.map(\.view)]
            },
        ]
    }

    // MARK: - One performance

    private func page(
        _ form: FormFields, _ status: HTTPResponse.Status, _ request: Request, _ context: APIContext
    ) async throws -> Response {
        let state = try await performance(context)
        let visitor = Visitor(request)
        let zone = TimeZones.zone(state.venue.timeZone)
        let proposer = try await state.proposedBy.asyncMap { try await users.emails(of: [$0])[$0] ?? "\($0)" }
        let (name, tone) = Self.name(of: state.status)
        let isLive = state.isLive
        let values = CatalogueForm.values(of: state.times, in: zone)
        let timesForm = form.has("startsAt") ? form : FormFields(values)
        let path = CuratedEntry.path(.performance, state.id.description)
        let same = isLive ? try await similar(to: state, visitor) : []
        let view: View = [
            "nav": AdminNavigation.view(Self.path), "path": path, "id": state.id.description, "title": state.title,
            "state": name, "tone": tone, "summary": form.summary, "key": form.nextKey(after: status),
            "when": visitor.venueTime(state.times.startsAt, in: state.venue.timeZone),
            "doors": state.times.doorsAt.map { visitor.venueTime($0, in: state.venue.timeZone) },
            "ends": state.times.endsAt.map { visitor.venueTime($0, in: state.venue.timeZone) },
            "event": CuratedEntry.path(.event, state.eventId.description),
            "venue": ["path": CuratedEntry.path(.venue, state.venueId.description), "name": state.venue.name] as View,
            "address": state.venue.address, "city": state.venue.city, "country": PerformanceView.country(state.venue),
            "performers": state.performers.isEmpty ? nil : state.performers.joined(separator: ", "),
            "proposer": proposer, "user": state.proposedBy?.description, "at": visitor.localTime(state.createdAt),
            "public": state.status == .rejected ? nil : EventAddress.path(of: state.id),
            "into": state.mergedInto.map { CuratedEntry.path(.performance, $0.description) },
            "proposed": state.status == .proposed,
            "scheduled": state.status == .scheduled, "dated": state.status == .scheduled || state.status == .postponed,
            "reschedule": isLive
                ? [
                    "fields": CatalogueForm.times(timesForm, in: zone), "version": "\(state.version)",
                    "button": state.status == .postponed ? "Set the new date" : "Change the time",
                ] as View : nil,
            "same": same.isEmpty ? nil : ["entries": same.map { $0.view(mergedFrom: state) }] as View,
            "merge": state.mergedInto == nil ? ["kind": "performance", "from": state.id.description] as View : nil,
        ]
        let head = PageHead("\(state.title) (performance)")
        return try pages.page("admin-performance", view, head, status: status, request, context)
    }

    /// Performances that may be duplicates: a search for the venue's name in its city, within three hours.
    private func similar(to state: PerformanceState, _ visitor: Visitor) async throws -> [CuratedEntry] {
        let hours: Int64 = 3 * 3600
        let found = try await catalogue.performances(
            PerformanceSearch(
                text: state.venue.name, city: state.venue.city, from: state.times.startsAt - .seconds(hours),
                to: state.times.startsAt + .seconds(hours)), limit: 6)
        guard found.corrections.isEmpty else { return [] }
        return found.performances.filter { $0.id != state.id }.map { CuratedEntry($0, visitor) }
    }

    static func name(of status: PerformanceState.Status) -> (name: String, tone: String) {
        switch status {
        case .proposed: ("Proposed", "wait")
        case .scheduled: ("Published", "good")
        case .postponed: ("Postponed", "wait")
        case .cancelled: ("Cancelled", "bad")
        case .rejected: ("Rejected", "off")
        case .merged: ("Merged", "off")
        }
    }

    private func reschedule(_ request: Request, _ context: APIContext) async throws -> Response {
        let curator = try await Curator.of(context, users)
        let state = try await performance(context)
        var form = try await FormFields(request, context)
        guard let version = Int64(form["version"]) else { throw Problem.notForm }
        let zone = TimeZones.zone(state.venue.timeZone)
        guard let times = form.times(in: zone, before: state.times, now: .now()) else {
            return try await page(form, .unprocessableContent, request, context)
        }
        let change = ReschedulePerformance(
            performanceId: state.id, times: times, ifVersion: version, userVersion: curator.version)
        let path = CuratedEntry.path(.performance, state.id.description)
        return try await sender.send(change, to: path, "reschedule a performance", form, curator, request, context) {
            try await page($0, $1, request, context)
        }
    }

    // MARK: - Decisions

    private func ask(_ question: CurationQuestion, _ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await Curator.of(context, users)
        let state = try await performance(context)
        let path = CuratedEntry.path(.performance, state.id.description)
        let view = OutcomePage.view(
            title: question.title, CuratedEntry(state, Visitor(request)).sentence + " " + question.consequence,
            form: CurationSender.form("\(path)/\(question.action)", question.button),
            links: [.init("Back", path, isQuiet: true)])
        return try pages.page("outcome", view, PageHead(question.title), request, context)
    }

    private func decide(
        _ action: String, _ request: Request, _ context: APIContext,
        _ make: (PerformanceID, Int64) -> some CommandPayload
    ) async throws -> Response {
        let curator = try await Curator.of(context, users)
        let id = try context.pageID(of: Kind.Performance.self, "performance")
        let form = try await FormFields(request, context)
        let path = CuratedEntry.path(.performance, id.description)
        return try await sender.send(
            make(id, curator.version), to: path, "\(action) a performance", form, curator, request, context
        ) {
            try await page($0, $1, request, context)
        }
    }
}

/// A decision about a performance that an admin confirms on a separate page.
struct CurationQuestion: Sendable {
    let action: String
    let title: String
    let consequence: String
    let button: String

    static let all = [
        CurationQuestion(
            action: "reject", title: "Reject this proposal?",
            consequence: "Its event and venue are rejected too, if they were proposed with it. "
                + "The seller's tickets for it can't be sold.", button: "Reject"),
        CurationQuestion(
            action: "postpone", title: "Postpone this date?",
            consequence: "Its tickets go off sale until you set a new date. Paid orders stay.", button: "Postpone"),
        CurationQuestion(
            action: "cancel", title: "Cancel this date?",
            consequence: "Its tickets go off sale permanently, and unpaid orders are cancelled. Paid orders stay. "
                + "You can't undo this.", button: "Cancel this date"),
    ]
}

/// Sends the commands of the admins' forms.
struct CurationSender: Sendable {
    let gateway: CommandGateway
    let keys: DerivedKeys

    /// - Parameters:
    ///   - path: the page to show when the command is done.
    ///   - page: shows the form again with the faults of a refusal.
    func send(
        _ change: some CommandPayload, to path: String, _ route: String, _ form: FormFields, _ curator: Curator,
        _ request: Request, _ context: APIContext,
        page: (FormFields, HTTPResponse.Status) async throws -> Response
    ) async throws -> Response {
        var form = form
        let command = CommandRequest(
            request, context, actor: curator.actor, route: route, form: form, keys: keys
        ).identifiedByInput
        do {
            return try await gateway.send(change, to: .catalogue, as: command).redirect { _ in path }
        } catch {
            let problem = Problem.report(error, context)
            guard form.tryAddFaults(of: problem) else { throw problem }
            return try await page(form, problem.status)
        }
    }

    /// Values of the form in the template `outcome`.
    static func form(_ action: String, _ button: String, hidden: [(String, String)] = []) -> View {
        let hidden = hidden + [(FormKey.name, FormKey.make())]
        return [
            "action": action, "button": button, "summary": nil, "fields": [View](),
            "hidden": hidden.map { ["name": $0, "value": $1] as View },
        ]
    }
}

extension CuratedEntry {
    var view: View { ["path": path, "name": name, "details": details, "merge": nil] }

    func view(mergedFrom state: PerformanceState) -> View {
        var view = view
        view["merge"] = Self.mergePath(.performance, state.id.description, into: id)
        return view
    }

    var sentence: String { "\(name): \(details)." }

    static func mergePath(_ kind: MergeEntries.Kind, _ from: String, into: String) -> String {
        CurationPages.path + "/merge" + URLEncoding.query([("kind", kind.rawValue), ("from", from), ("into", into)])
    }
}

extension Optional where Wrapped: Sendable {
    func asyncMap<Value>(_ transform: (Wrapped) async throws -> Value) async rethrows -> Value? {
        guard let self else { return nil }
        return try await transform(self)
    }
}
