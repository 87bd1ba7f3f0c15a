import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/listings`: a seller's own listings, with forms to remove a listing from sale and to put it back.
struct OwnListingsPages: Sendable {
    let pages: Pages
    let gateway: CommandGateway
    let listings: ListingReads
    let catalogue: CatalogueReads
    let keys: DerivedKeys

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/listings") { request, context in try await list(request, context) }
        routes.get("/tickets/:id/withdraw") { request, context in try await askToWithdraw(request, context) }
        routes.post("/tickets/:id/withdraw") { request, context in
            try await change(withdrawn: true, "POST /tickets/:id/withdraw", request, context)
        }
        // After a session has expired, signing in again redirects here with GET.
        routes.get("/tickets/:id/relist") { _, _ in Response.seeOther("/listings") }
        routes.post("/tickets/:id/relist") { request, context in
            try await change(withdrawn: false, "POST /tickets/:id/relist", request, context)
        }
    }

    private static let notices = [
        "withdrawn": "Listing removed. Sold and reserved tickets are not affected.", "relisted": "Back on sale.",
        "changed": "Your changes are saved.", "unchanged": "There was nothing to change.",
        "deleted": "Deleted.",
    ]

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let list = ListPage(request, path: "/listings", list: "tickets of \(requester.id)", keys: keys)
        let found = try await listings.listings(of: requester.id, after: list.after, limit: list.limit + 1)
        let (visitor, now) = (Visitor(request), Timestamp.now())
        let drafts = list.after == nil ? try await drafts(of: requester, visitor) : []
        let view: View = [
            "drafts": drafts.isEmpty ? nil : ["rows": drafts] as View,
            "listings": found.prefix(list.limit).map { Self.row($0, visitor, now: now) },
            "isEmpty": found.isEmpty && list.after == nil,
            "notice": request.uri.queryParameters["done"].flatMap { Self.notices[String($0)] },
            "edit": BulkEditPages.path
                + URLEncoding.query([("cursor", request.uri.queryParameters["cursor"].map(String.init))]),
            "first": list.first,
            "more": list.more(found) { ListCursor(createdAt: $0.state.createdAt, id: $0.state.id.uuid) },
        ]
        return try pages.page("listings", view, PageHead("Your listings"), request, context)
    }

    /// The unfinished listings. A draft whose performance can't be read has no link, but can be deleted.
    private func drafts(of requester: Requester, _ visitor: Visitor) async throws -> [View] {
        let drafts = try await listings.drafts(of: requester.id)
        guard !drafts.isEmpty else { return [] }
        let performances = try await ListedPerformance.read(
            Set(drafts.map(\.performanceId)), in: catalogue, for: requester)
        return drafts.map { draft in
            let state = performances[draft.performanceId]?.state
            let step: DraftStep = draft.content.price == nil ? .price : .review
            return [
                "id": draft.id.description, "title": state?.title ?? "An event that we don't know any more",
                "when": state.map { visitor.venueTime($0.times.startsAt, in: $0.venue.timeZone) },
                "place": state.map { "\($0.venue.name), \($0.venue.city)" },
                "quantity": draft.content.quantity == 1
                    ? "1 ticket" : "\(visitor.number(draft.content.quantity)) tickets",
                "path": state == nil ? nil : step.path(of: draft.id), "key": FormKey.make(),
            ]
        }
    }

    private static func row(_ listing: Listing, _ visitor: Visitor, now: Timestamp) -> View {
        let state = listing.state
        let hasStarted = state.details.hasStarted(by: now)
        let left = listing.representation.available
        let (name, tone): (String, String) =
            if hasStarted {
                ("Event started", "off")
            } else if state.takenDown != nil {
                ("Removed by us", "bad")
            } else if let suspended = state.suspended {
                (SuspensionText.name(of: suspended.reason), "wait")
            } else if state.withdrawn {
                ("Removed", "off")
            } else if left > 0 {
                ("On sale", "")
            } else if listing.held > 0 {
                ("All reserved or sold", "wait")
            } else {
                ("Sold out", "good")
            }
        return [
            "id": state.id.description, "title": state.title,
            "price": visitor.formattedPrice(state.allIn, state.currency),
            "youGet": Self.youGet(state, visitor),
            "when": state.details.startsAt.map { visitor.venueTime($0, in: state.details.timeZone) },
            "place": state.details.place, "offered": visitor.number(state.quantity),
            "held": visitor.number(listing.held), "sold": visitor.number(listing.sold), "left": visitor.number(left),
            "state": name, "tone": tone, "edit": !hasStarted,
            "withdraw": !hasStarted && !state.withdrawn && left + listing.held > 0,
            "relist": !hasStarted && state.withdrawn && state.takenDown == nil
                && (state.suspended == nil || state.suspended?.reason == .seatsTaken)
                ? FormKey.make() : nil,
            "takenDown": state.takenDown.map { ReportText.of($0.reason) },
        ]
    }

    /// The amount that the seller gets for a ticket, or nil if the buyer pays the same amount.
    private static func youGet(_ state: ListingState, _ visitor: Visitor) -> String? {
        let price = state.pricing.breakdown(of: state.price)
        return price.youGet == price.allIn ? nil : visitor.formattedPrice(price.youGet, state.currency)
    }

    private func askToWithdraw(_ request: Request, _ context: APIContext) async throws -> Response {
        let (_, listing) = try await listings.ownListing(context)
        guard !listing.state.withdrawn else { return .seeOther("/listings?done=withdrawn") }
        let visitor = Visitor(request)
        let left = listing.representation.available
        let view: View = [
            "id": listing.state.id.description, "title": listing.state.title, "left": visitor.number(left),
            "isOne": left == 1, "taken": listing.held + listing.sold > 0, "key": FormKey.make(),
        ]
        return try pages.page("withdraw", view, PageHead("Remove this listing?"), request, context)
    }

    private func change(
        withdrawn: Bool, _ route: String, _ request: Request, _ context: APIContext
    ) async throws -> Response {
        let (requester, listing) = try await listings.ownListing(context)
        let form = try await FormFields(request, context)
        let command = CommandRequest(
            request, context, actor: requester.actor, route: route, form: form, keys: keys)
        let change = ChangeListing(
            ticketId: listing.state.id, withdrawn: withdrawn, userVersion: requester.version)
        let done = withdrawn ? "withdrawn" : "relisted"
        return try await gateway.send(change, to: .listings, as: command).redirect { _ in "/listings?done=\(done)" }
    }
}
