import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/admin/catalogue/events/:id`, `…/venues/:id` and `…/performers/:id`, where admins change the facts of entries.
struct EntryPages: Sendable {
    let pages: Pages
    let users: UserReads
    let catalogue: CatalogueReads
    let sender: CurationSender

    /// Maximum number of dates on an event's page.
    private static let dateLimit = 50

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/admin/catalogue/events/:id") { request, context in
            _ = try await Curator.of(context, users)
            return try await eventPage(nil, .ok, request, context)
        }
        routes.post("/admin/catalogue/events/:id") { request, context in try await changeEvent(request, context) }
        routes.get("/admin/catalogue/venues/:id") { request, context in
            _ = try await Curator.of(context, users)
            return try await venuePage(nil, .ok, request, context)
        }
        routes.post("/admin/catalogue/venues/:id") { request, context in try await changeVenue(request, context) }
        routes.get("/admin/catalogue/performers/:id") { request, context in
            _ = try await Curator.of(context, users)
            return try await performerPage(nil, .ok, request, context)
        }
        routes.post("/admin/catalogue/performers/:id") { request, context in
            try await renamePerformer(request, context)
        }
    }

    // MARK: - Events

    private func show(_ context: APIContext) async throws -> Show {
        guard let show = try await catalogue.show(try context.pageID(of: Kind.Show.self, "event")) else {
            throw Problem.notFound("event")
        }
        return show
    }

    /// - Parameter form: the sent form with its faults, or `nil` to show the current values.
    private func eventPage(
        _ form: FormFields?, _ status: HTTPResponse.Status, _ request: Request, _ context: APIContext
    ) async throws -> Response {
        let show = try await show(context)
        let visitor = Visitor(request)
        let dates = try await catalogue.dates(of: show.id, limit: Self.dateLimit)
        let lists: [(String, [CuratedEntry])] = [
            ("Coming dates", dates.map { CuratedEntry($0, visitor) }),
            (
                "Who performs",
                show.performers.map {
                    CuratedEntry(
                        kind: .performer, id: $0.id.description, name: $0.name, details: "Performer", isMerged: false)
                }
            ),
        ]
        let fields = CatalogueForm.event(form ?? FormFields(CatalogueForm.values(of: show)))
        return try page(
            CuratedEntry(show), show.status, version: show.version, mergedInto: show.mergedInto?.description,
            fields: fields, lists: lists, isPublic: EventAddress.path(of: show.id, title: show.title), form, status,
            request, context)
    }

    private func changeEvent(_ request: Request, _ context: APIContext) async throws -> Response {
        let curator = try await Curator.of(context, users)
        let show = try await show(context)
        var form = try await FormFields(request, context)
        guard let version = Int64(form["version"]) else { throw Problem.notForm }
        let title = form.line("title", "the event", 1...ListingState.titleLimit)
        let category = form.category("category", current: show.category)
        let performers = form.performers("performers")
        guard form.isValid, let title, let category, let performers else {
            return try await eventPage(form, .unprocessableContent, request, context)
        }
        // Unchanged names are not sent, because an event may announce a performer under another name.
        let isSame = performers == show.performers.map(\.name)
        let change = ChangeShow(
            eventId: show.id, title: title, category: category == show.category ? nil : category,
            performers: isSame ? nil : performers, ifVersion: version, userVersion: curator.version)
        return try await sender.send(
            change, to: CuratedEntry(show).path, "change an event", form, curator, request, context
        ) {
            try await eventPage($0, $1, request, context)
        }
    }

    // MARK: - Venues

    private func venue(_ context: APIContext) async throws -> Venue {
        guard let venue = try await catalogue.venue(try context.pageID(of: Kind.Venue.self, "venue")) else {
            throw Problem.notFound("venue")
        }
        return venue
    }

    private func venuePage(
        _ form: FormFields?, _ status: HTTPResponse.Status, _ request: Request, _ context: APIContext
    ) async throws -> Response {
        let venue = try await venue(context)
        let fields = CatalogueForm.venue(form ?? FormFields(CatalogueForm.values(of: venue.details)))
        return try page(
            CuratedEntry(venue), venue.status, version: venue.version, mergedInto: venue.mergedInto?.description,
            fields: fields, lists: [], isPublic: nil, form, status, request, context)
    }

    private func changeVenue(_ request: Request, _ context: APIContext) async throws -> Response {
        let curator = try await Curator.of(context, users)
        let venue = try await venue(context)
        var form = try await FormFields(request, context)
        guard let version = Int64(form["version"]) else { throw Problem.notForm }
        guard let details = form.venue() else {
            return try await venuePage(form, .unprocessableContent, request, context)
        }
        let change = ChangeVenue(
            venueId: venue.id, venue: details, ifVersion: version, userVersion: curator.version)
        return try await sender.send(
            change, to: CuratedEntry(venue).path, "change a venue", form, curator, request, context
        ) {
            try await venuePage($0, $1, request, context)
        }
    }

    // MARK: - Performers

    private func performer(_ context: APIContext) async throws -> Performer {
        let id = try context.pageID(of: Kind.Performer.self, "performer")
        guard let performer = try await catalogue.performer(id) else { throw Problem.notFound("performer") }
        return performer
    }

    private func performerPage(
        _ form: FormFields?, _ status: HTTPResponse.Status, _ request: Request, _ context: APIContext
    ) async throws -> Response {
        let performer = try await performer(context)
        let field = Field(
            "name", "Name", attributes: [("maxlength", "\(Performer.nameLimit)"), ("autocomplete", "off")],
            in: form ?? FormFields(["name": performer.name]))
        return try page(
            CuratedEntry(performer), performer.status, version: performer.version,
            mergedInto: performer.mergedInto?.description, fields: [field.view], lists: [], isPublic: nil, form, status,
            request, context)
    }

    private func renamePerformer(_ request: Request, _ context: APIContext) async throws -> Response {
        let curator = try await Curator.of(context, users)
        let performer = try await performer(context)
        var form = try await FormFields(request, context)
        guard let name = form.line("name", "a name", 1...Performer.nameLimit) else {
            return try await performerPage(form, .unprocessableContent, request, context)
        }
        let rename = RenamePerformer(performerId: performer.id, name: name, userVersion: curator.version)
        return try await sender.send(
            rename, to: CuratedEntry(performer).path, "rename a performer", form, curator, request, context
        ) {
            try await performerPage($0, $1, request, context)
        }
    }

    // MARK: - The page

    private func page(
        _ entry: CuratedEntry, _ entryStatus: EntryStatus, version: Int64, mergedInto: String?, fields: [View],
        lists: [(String, [CuratedEntry])], isPublic path: String?, _ form: FormFields?, _ status: HTTPResponse.Status,
        _ request: Request, _ context: APIContext
    ) throws -> Response {
        let (name, tone) = Self.name(of: entryStatus)
        // A form that is shown again because of its faults keeps its original version.
        let isSame = status == .unprocessableContent || status == .serviceUnavailable
        let shown = isSame ? form.map { $0["version"] } : nil
        let view: View = [
            "nav": AdminNavigation.view(CurationPages.path), "path": entry.path, "title": entry.name,
            "details": entry.details, "state": name, "tone": tone,
            "into": mergedInto.map { CuratedEntry.path(entry.kind, $0) },
            "form": mergedInto == nil
                ? ["fields": fields, "version": shown ?? "\(version)"] as View : nil,
            "public": entryStatus == .published ? path : nil, "summary": form?.summary,
            "key": form?.nextKey(after: status) ?? FormKey.make(),
            "lists": lists.filter { !$0.1.isEmpty }.map { name, entries -> View in
                ["name": name, "entries": entries.map(\.view)]
            },
            "merge": mergedInto == nil ? ["kind": entry.kind.rawValue, "from": entry.id] as View : nil,
        ]
        let head = PageHead("\(entry.name) (\(entry.kind.rawValue))")
        return try pages.page("admin-entry", view, head, status: status, request, context)
    }

    private static func name(of status: EntryStatus) -> (String, String) {
        switch status {
        case .proposed: ("Proposed", "wait")
        case .published: ("Published", "good")
        case .rejected: ("Rejected", "off")
        case .merged: ("Merged", "off")
        }
    }
}
