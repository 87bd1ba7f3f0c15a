import HTTPTypes
import Hummingbird
import Marketplace
import Storage

/// `/tickets/:id/edit`: changes a listing.
///
/// The form says which version of the listing it shows (`version`), and what it held when it was made (`before`): where
/// someone else has changed the listing since, what was not touched in the form takes what the listing says now, what was
/// typed stays, and both are told.
struct EditPages: Sendable {
    let pages: Pages
    let gateway: CommandGateway
    let tickets: TicketReads
    let keys: DerivedKeys

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/tickets/:id/edit") { request, context in
            let (_, listing) = try await tickets.ownListing(context)
            return try page(of: listing, FormFields(ListingForm.values(of: listing.state)), request, context)
        }
        routes.post("/tickets/:id/edit") { request, context in try await save(request, context) }
    }

    private func save(_ request: Request, _ context: APIContext) async throws -> Response {
        let (requester, listing) = try await tickets.ownListing(context)
        var form = try await FormFields(request, context)
        guard let version = Int64(form["version"]) else { throw Problem.notForm }
        guard !listing.state.details.hasBegun(by: .now()) else { return try over(listing, request, context) }
        guard let input = ListingInput(&form, changing: listing.state, now: .now()) else {
            return try page(of: listing, form, status: .unprocessableContent, request, context)
        }
        let command = CommandRequest(
            request, context, actor: requester.actor, route: "POST /tickets/:id/edit", form: form, keys: keys)
        let change = ChangeTicket(
            ticketId: listing.state.id, title: input.title, price: input.price, currency: input.currency,
            quantity: input.quantity, details: input.details, ifVersion: version, userVersion: requester.version)
        do {
            return try await gateway.send(change, to: .tickets, as: command)
                .onward { _ in "/tickets/\(listing.state.id)" }
        } catch {
            let problem = Problem.telling(error, context)
            let listing = try await tickets.listing(listing.state.id) ?? listing
            if problem.code == Refusal.Code.staleVersion.kebab || problem.code == Problem.keyReused.code {
                return try merge(form, listing, problem.status, request, context)
            }
            guard form.takes(problem) else { throw problem }
            return try page(of: listing, form, status: problem.status, request, context)
        }
    }

    /// The form again, on top of what the listing says now.
    private func merge(
        _ form: FormFields, _ listing: Listing, _ status: HTTPResponse.Status, _ request: Request,
        _ context: APIContext
    ) throws -> Response {
        let now = ListingForm.values(of: listing.state)
        let before = try? FormFields(Array(form["before"].utf8))
        var values: [String: String] = [:]
        var changes: [View] = []
        for name in ListingForm.names where form.has(name) {
            let (typed, current) = (form[name], now[name] ?? "")
            let old = before.map { $0[name] } ?? typed
            values[name] = typed == old ? current : typed
            if old != current { changes.append(Self.change(name, from: old, to: current)) }
        }
        var merged = FormFields(values)
        merged.fail(nil, "Nothing is saved yet: this listing was changed meanwhile, perhaps in another tab.")
        return try page(of: listing, merged, changes: changes, status: status, request, context)
    }

    private static func change(_ name: String, from old: String, to new: String) -> View {
        [
            "name": ListingForm.labels[name], "old": shown(old, name), "new": shown(new, name),
        ]
    }

    private static func shown(_ value: String, _ name: String) -> String {
        if value.isEmpty { return "nothing" }
        return name == "startsAt" ? value.replacing("T", with: " ") : value
    }

    private func page(
        of listing: Listing, _ form: FormFields, changes: [View] = [], status: HTTPResponse.Status = .ok,
        _ request: Request, _ context: APIContext
    ) throws -> Response {
        guard !listing.state.details.hasBegun(by: .now()) else { return try over(listing, request, context) }
        let state = listing.state
        let visitor = Visitor(request)
        let isFixed = listing.held + listing.sold > 0
        // A form that is shown again for what is wrong in it is still of the version that it was made of.
        let isSame = status == .unprocessableContent || status == .serviceUnavailable
        let before = isSame && form.has("before") ? form["before"] : Self.text(ListingForm.values(of: state))
        let version = isSame && form.has("version") ? form["version"] : String(state.version)
        let view: View = [
            "id": state.id.description, "title": state.title, "form": ListingForm.view(form, isFixed: isFixed),
            "summary": form.summary,
            "changes": changes.isEmpty ? nil : ["rows": changes] as View,
            "fixed": isFixed ? Self.facts(listing, visitor) : nil,
            "withdrawn": state.withdrawn, "version": version, "before": before,
            "key": form.nextKey(after: status),
        ]
        return try pages.page("edit", view, PageHead("Edit: \(state.title)"), status: status, request, context)
    }

    private static func text(_ values: [String: String]) -> String {
        ListingForm.names.map { "\($0)=\(URLText.encoded(values[$0] ?? ""))" }.joined(separator: "&")
    }

    private static func facts(_ listing: Listing, _ visitor: Visitor) -> View {
        let details = listing.state.details
        return [
            "title": listing.state.title,
            "when": details.startsAt.map { visitor.event($0, in: details.timeZone) }, "place": details.place,
            "section": details.section, "row": details.row, "held": visitor.number(listing.held),
            "sold": visitor.number(listing.sold),
        ]
    }

    /// Of an event that has begun nothing can be changed.
    private func over(_ listing: Listing, _ request: Request, _ context: APIContext) throws -> Response {
        let state = listing.state
        let view = OutcomePage.view(
            title: "The event has begun",
            "The listing “\(state.title)” can't be changed any more, and nobody can order from it.",
            links: [
                .init("Your listings", "/listings"), .init("Back to the ticket", "/tickets/\(state.id)", isQuiet: true),
            ])
        return try pages.page("outcome", view, PageHead("The event has begun"), request, context)
    }
}

extension TicketReads {
    /// The listing that the path names, when it is the requester's.
    func ownListing(_ context: APIContext) async throws -> (Requester, Listing) {
        let requester = try context.requireUser()
        guard let listing = try await listing(try context.pageID(of: Kind.Ticket.self, "ticket")) else {
            throw Problem.notFound("ticket")
        }
        guard listing.state.sellerId == requester.id else {
            throw Problem.forbidden("only its seller may change a listing")
        }
        return (requester, listing)
    }
}
