import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/admin/reports`, the queue of reported listings, and `/admin/tickets/:id`, where an admin takes a listing down,
/// puts it back, or dismisses its reports.
struct AdminListingPages: Sendable {
    let pages: Pages
    let gateway: CommandGateway
    let users: UserReads
    let listings: ListingReads
    let keys: DerivedKeys

    /// Maximum number of reports, and of entries of the log, on a listing's page.
    private static let rows = 50
    private static let queuePage = 20

    private var gate: AdminGate { AdminGate(users: users) }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/admin/reports") { request, context in try await queue(request, context) }
        routes.get("/admin/tickets/:id") { request, context in
            _ = try await gate.admin(context)
            return try await page(FormFields(), .ok, request, context)
        }
        routes.post("/admin/tickets/:id/take-down") { request, context in try await takeDown(request, context) }
        routes.post("/admin/tickets/:id/put-back") { request, context in
            let (admin, listing) = (try await gate.admin(context), try await listing(context))
            let form = try await FormFields(request, context)
            return try await send(
                PutBackListing(
                    ticketId: listing.state.id, sellerId: listing.state.sellerId, ifVersion: Int64(form["version"])),
                "POST /admin/tickets/:id/put-back", form, admin, request, context)
        }
        routes.post("/admin/tickets/:id/dismiss") { request, context in
            let (admin, listing) = (try await gate.admin(context), try await listing(context))
            return try await send(
                DismissReports(ticketId: listing.state.id), "POST /admin/tickets/:id/dismiss",
                try await FormFields(request, context), admin, request, context)
        }
    }

    private func listing(_ context: APIContext) async throws -> Listing {
        guard let listing = try await listings.listing(try context.pageID(of: Kind.Listing.self, "ticket")) else {
            throw Problem.notFound("ticket")
        }
        return listing
    }

    // MARK: Queue

    private func queue(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await gate.admin(context)
        let codec = CursorCodec(keys: keys)
        let after = request.uri.queryParameters["cursor"].flatMap {
            codec.decode(String($0), list: "reports", as: ReportCursor.self)
        }
        let found = try await listings.reportQueue(after: after, limit: Self.queuePage + 1)
        let shown = found.prefix(Self.queuePage)
        let emails = try await users.emails(of: Set(shown.map(\.listing.state.sellerId)))
        let visitor = Visitor(request)
        let view: View = [
            "nav": AdminNavigation.view("/admin/reports"), "isEmpty": found.isEmpty,
            "listings": shown.map { reported -> View in
                let state = reported.listing.state
                return [
                    "id": state.id.description, "title": state.title, "seller": state.sellerId.description,
                    "email": emails[state.sellerId] ?? state.sellerId.description,
                    "open": visitor.number(reported.open), "since": visitor.localTime(reported.since),
                    "state": Self.state(of: state), "tone": state.withdrawn ? "off" : "good",
                ]
            },
            "first": after == nil ? nil : "/admin/reports",
            "more": found.count > Self.queuePage
                ? shown.last.map { last in
                    "/admin/reports" + URLEncoding.query([("cursor", codec.encode(last.cursor, list: "reports"))])
                } : nil,
        ]
        return try pages.page("admin-reports", view, PageHead("Reported listings"), request, context)
    }

    private static func state(of state: ListingState) -> String {
        state.takenDown != nil ? "Taken down" : state.withdrawn ? "Off sale" : "On sale"
    }

    // MARK: One listing

    private func page(
        _ form: FormFields, _ status: HTTPResponse.Status, _ request: Request, _ context: APIContext
    ) async throws -> Response {
        let listing = try await listing(context)
        let state = listing.state
        let reports = try await listings.reports(of: state.id, limit: Self.rows)
        let log = try await listings.moderationLog(of: state.id, limit: Self.rows)
        let people = Set(reports.map(\.reporterId) + log.compactMap(\.actor.userID) + [state.sellerId])
        let emails = try await users.emails(of: people)
        let visitor = Visitor(request)
        func name(_ id: UserID) -> String { emails[id] ?? id.description }
        let reasons = TakeDown.Reason.known.map { Field.Choice(value: $0.rawValue, text: ReportText.choice($0)) }
        let takeDown: View = [
            "fields": [
                Field(
                    "reason", "Reason", .select([.init(value: "", text: "Choose a reason")] + reasons),
                    hint: "The seller sees it.", in: form
                ).view,
                Field(
                    "note", "Note for the seller", .textarea(rows: 3), isOptional: true,
                    attributes: [("maxlength", "\(TakeDown.noteLimit)")], in: form
                ).view,
            ]
        ]
        let details = state.details
        let view: View = [
            "nav": AdminNavigation.view("/admin/reports"), "id": state.id.description, "title": state.title,
            "state": Self.state(of: state), "tone": state.withdrawn ? "off" : "good",
            "seller": state.sellerId.description, "email": name(state.sellerId),
            "when": details.startsAt.map { visitor.venueTime($0, in: details.timeZone) }, "place": details.place,
            "note": details.note, "price": visitor.formattedPrice(state.allIn, state.currency),
            "fees": state.pricing == nil
                ? [] : PriceView.rows(state.pricing.breakdown(of: state.price), state.currency, visitor),
            "offered": visitor.number(state.quantity), "held": visitor.number(listing.held),
            "sold": visitor.number(listing.sold), "listed": visitor.localTime(state.createdAt),
            "orders": "/admin/orders" + URLEncoding.query([("q", state.id.description)]),
            "takenDown": state.takenDown.map {
                ["reason": ReportText.choice($0.reason), "note": $0.note, "version": "\(state.version)"] as View
            },
            "takeDown": state.takenDown == nil ? takeDown : nil,
            "reports": reports.map { report -> View in
                [
                    "who": report.reporterId.description, "email": name(report.reporterId),
                    "reason": ReportText.of(report.reason), "text": report.text, "at": visitor.localTime(report.at),
                    "state": Self.name(of: report.status), "tone": report.status == .open ? "wait" : "off",
                ]
            },
            "hasReports": !reports.isEmpty, "hasOpen": reports.contains { $0.status == .open },
            "log": log.isEmpty
                ? nil
                : [
                    "entries": log.map { entry -> View in
                        [
                            "what": Self.text(of: entry), "note": entry.note, "at": visitor.localTime(entry.at),
                            "actor": entry.actor.userID.map(name) ?? entry.actor.text,
                        ]
                    }
                ] as View,
            "summary": form.summary, "key": form.nextKey(after: status),
        ]
        return try pages.page("admin-listing", view, PageHead(state.title), status: status, request, context)
    }

    private static func name(of status: ListingReport.Status) -> String {
        switch status {
        case .open: "Open"
        case .dismissed: "Dismissed"
        case .upheld: "Listing taken down"
        }
    }

    private static func text(of entry: ModerationEntry) -> String {
        switch entry.kind {
        case .takenDown:
            "Taken down" + (entry.reason.map { ": " + ReportText.choice(TakeDown.Reason(rawValue: $0)) } ?? "")
        case .putBack: "Put back"
        case .reportsDismissed: "Reports dismissed"
        }
    }

    private func takeDown(_ request: Request, _ context: APIContext) async throws -> Response {
        let (admin, listing) = (try await gate.admin(context), try await listing(context))
        var form = try await FormFields(request, context)
        let reason = TakeDown.Reason(rawValue: form["reason"])
        if !TakeDown.Reason.known.contains(reason) { form.fail("reason", "Choose a reason.") }
        let note = form.lines("note", "a note", 0...TakeDown.noteLimit)
        guard form.isValid else { return try await page(form, .unprocessableContent, request, context) }
        return try await send(
            TakeDownListing(ticketId: listing.state.id, reason: reason, note: note),
            "POST /admin/tickets/:id/take-down", form, admin, request, context)
    }

    private func send(
        _ change: some CommandPayload, _ route: String, _ form: FormFields, _ admin: Requester, _ request: Request,
        _ context: APIContext
    ) async throws -> Response {
        var form = form
        let id = try context.pageID(of: Kind.Listing.self, "ticket")
        let command = CommandRequest(
            request, context, actor: admin.actor, route: route, form: form, keys: keys
        ).identifiedByInput
        do {
            return try await gateway.send(change, to: .listings, as: command).redirect { _ in "/admin/tickets/\(id)" }
        } catch {
            let problem = Problem.report(error, context)
            guard form.tryAddFaults(of: problem) else { throw problem }
            return try await page(form, problem.status, request, context)
        }
    }
}
