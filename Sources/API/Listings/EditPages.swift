import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/tickets/:id/edit`: changes a listing.
///
/// The form carries the version of the listing that it shows (`version`) and its initial values (`before`). If the
/// listing has changed since, the form is shown again. A field that the seller did not change gets the current value,
/// and a field that the seller changed keeps the seller's value. The page lists the changes of the listing.
struct EditPages: Sendable {
    let pages: Pages
    let gateway: CommandGateway
    let listings: ListingReads
    let catalogue: CatalogueReads
    let keys: DerivedKeys

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/tickets/:id/edit") { request, context in
            let (_, listing) = try await listings.ownListing(context)
            return try await page(
                of: listing, FormFields(ListingForm.values(of: listing.state, for: Visitor(request))), request, context)
        }
        routes.post("/tickets/:id/edit") { request, context in try await save(request, context) }
    }

    private func save(_ request: Request, _ context: APIContext) async throws -> Response {
        let (requester, listing) = try await listings.ownListing(context)
        var form = try await FormFields(request, context)
        guard let version = Int64(form["version"]) else { throw Problem.notForm }
        guard !listing.state.details.hasStarted(by: .now()) else { return try started(listing, request, context) }
        guard let input = ListingFormInput(&form, changing: listing.state, for: Visitor(request), now: .now()) else {
            return try await page(of: listing, form, status: .unprocessableContent, request, context)
        }
        let command = CommandRequest(
            request, context, actor: requester.actor, route: "POST /tickets/:id/edit", form: form, keys: keys)
        let change = ChangeListing(
            ticketId: listing.state.id, title: input.title, price: input.price, currency: input.currency,
            faceValue: input.faceValue, quantity: listing.state.seats == nil ? input.quantity : nil,
            splitRule: form.has("splitRule") ? input.splitRule : nil,
            details: input.details, ifVersion: version, userVersion: requester.version)
        do {
            return try await gateway.send(change, to: .listings, as: command)
                .redirect { _ in "/tickets/\(listing.state.id)" }
        } catch {
            let problem = Problem.report(error, context)
            let listing = try await listings.listing(listing.state.id) ?? listing
            if problem.code == Refusal.Code.staleVersion.kebab || problem.code == Problem.keyReused.code {
                return try await merge(form, listing, problem.status, request, context)
            }
            guard form.tryAddFaults(of: problem) else { throw problem }
            return try await page(of: listing, form, status: problem.status, request, context)
        }
    }

    /// Shows the form again with the seller's changes on top of the current values.
    private func merge(
        _ form: FormFields, _ listing: Listing, _ status: HTTPResponse.Status, _ request: Request,
        _ context: APIContext
    ) async throws -> Response {
        let now = ListingForm.values(of: listing.state, for: Visitor(request))
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
        merged.fail(
            nil, "This listing was changed while you were editing, perhaps in another tab. Nothing is saved yet.")
        return try await page(of: listing, merged, changes: changes, status: status, request, context)
    }

    private static func change(_ name: String, from old: String, to new: String) -> View {
        [
            "name": ListingForm.labels[name], "old": shown(old, name), "new": shown(new, name),
        ]
    }

    private static func shown(_ value: String, _ name: String) -> String {
        if value.isEmpty { return "empty" }
        if name == "splitRule" { return SplitChoice.all.first { $0.value == value }?.text ?? value }
        return name == "startsAt" ? value.replacing("T", with: " ") : value
    }

    private func page(
        of listing: Listing, _ form: FormFields, changes: [View] = [], status: HTTPResponse.Status = .ok,
        _ request: Request, _ context: APIContext
    ) async throws -> Response {
        guard !listing.state.details.hasStarted(by: .now()) else { return try started(listing, request, context) }
        let state = listing.state
        let visitor = Visitor(request)
        let isFixed = listing.held + listing.sold > 0
        // A form that is shown again because of its faults keeps its original version.
        let isSame = status == .unprocessableContent || status == .serviceUnavailable
        let before =
            isSame && form.has("before") ? form["before"] : Self.text(ListingForm.values(of: state, for: visitor))
        let version = isSame && form.has("version") ? form["version"] : String(state.version)
        var fields = ListingForm.view(
            form, isFixed: isFixed, hasPerformance: state.performanceId != nil, hasSeats: state.seats != nil,
            for: visitor)
        let place = try await catalogue.pricePlace(of: state.performanceId, for: context) ?? PricePlace()
        fields["performance"] = state.performanceId?.description
        fields["quote"] = SellerQuote.view(
            form, await listings.pricing(), at: place, for: visitor, now: .now())
        let view: View = [
            "id": state.id.description, "title": state.title, "form": fields,
            "seats": SeatRow.view(state.seats?.map(\.name), free: listing.free ?? 0).map { row in
                ["section": state.details.section, "row": state.details.row, "seatRow": row] as View
            },
            "summary": form.summary,
            "changes": changes.isEmpty ? nil : ["rows": changes] as View,
            "performance": isFixed ? nil : state.performanceId.map { EventAddress.path(of: $0) },
            "when": state.details.startsAt.map { visitor.venueTime($0, in: state.details.timeZone) },
            "place": state.details.place,
            "fixed": isFixed ? Self.facts(listing, visitor) : nil,
            "withdrawn": state.withdrawn, "offSale": state.withdrawn && state.suspended == nil, "version": version,
            "before": before,
            "key": form.nextKey(after: status),
        ]
        return try pages.page("edit", view, PageHead("Edit: \(state.title)"), status: status, request, context)
    }

    private static func text(_ values: [String: String]) -> String {
        ListingForm.names.map { "\($0)=\(URLEncoding.encode(values[$0] ?? ""))" }.joined(separator: "&")
    }

    private static func facts(_ listing: Listing, _ visitor: Visitor) -> View {
        let details = listing.state.details
        return [
            "title": listing.state.title,
            "when": details.startsAt.map { visitor.venueTime($0, in: details.timeZone) }, "place": details.place,
            "section": details.section, "row": details.row, "held": visitor.number(listing.held),
            "sold": visitor.number(listing.sold),
        ]
    }

    /// A listing can't be changed once its show has started.
    private func started(_ listing: Listing, _ request: Request, _ context: APIContext) throws -> Response {
        let state = listing.state
        let view = OutcomePage.view(
            title: "This event has started",
            "You can't change “\(state.title)” any more, and its tickets are no longer on sale.",
            links: [
                .init("Your listings", "/listings"), .init("Back to the ticket", "/tickets/\(state.id)", isQuiet: true),
            ])
        return try pages.page("outcome", view, PageHead("This event has started"), request, context)
    }
}

extension ListingReads {
    /// The requester's own listing with the id in the path.
    ///
    /// - Throws: ``Problem``: 401, 404, or 403 for another seller's listing.
    func ownListing(_ context: APIContext) async throws -> (Requester, Listing) {
        let requester = try context.requireUser()
        guard let listing = try await listing(try context.pageID(of: Kind.Listing.self, "ticket")) else {
            throw Problem.notFound("ticket")
        }
        guard listing.state.sellerId == requester.id else {
            throw Problem.notSeller
        }
        return (requester, listing)
    }
}
