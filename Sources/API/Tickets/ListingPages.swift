import HTTPTypes
import Hummingbird
import Marketplace
import Storage

/// A seller's listings; taking one off sale, and putting it back.
struct ListingPages: Sendable {
    let pages: Pages
    let gateway: CommandGateway
    let tickets: TicketReads
    let keys: DerivedKeys

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/listings") { request, context in try await list(request, context) }
        routes.get("/tickets/:id/withdraw") { request, context in try await askToWithdraw(request, context) }
        routes.post("/tickets/:id/withdraw") { request, context in
            try await change(withdrawn: true, "POST /tickets/:id/withdraw", request, context)
        }
        // Where nothing is shown, for who signs in again there.
        routes.get("/tickets/:id/relist") { _, _ in Response.seeOther("/listings") }
        routes.post("/tickets/:id/relist") { request, context in
            try await change(withdrawn: false, "POST /tickets/:id/relist", request, context)
        }
    }

    private static let notices = [
        "withdrawn": "Withdrawn: what was not held or sold yet is off sale.", "relisted": "Back on sale.",
    ]

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let list = PageList(request, path: "/listings", list: "tickets of \(requester.id)", keys: keys)
        let found = try await tickets.listings(of: requester.id, after: list.after, limit: list.limit + 1)
        let (visitor, now) = (Visitor(request), Timestamp.now())
        let view: View = [
            "listings": found.prefix(list.limit).map { Self.row($0, visitor, now: now) },
            "isEmpty": found.isEmpty && list.after == nil,
            "notice": request.uri.queryParameters["done"].flatMap { Self.notices[String($0)] },
            "first": list.first,
            "more": list.more(found) { ListPlace(createdAt: $0.state.createdAt, id: $0.state.id.uuid) },
        ]
        return try pages.page("listings", view, PageHead("Your listings"), request, context)
    }

    private static func row(_ listing: Listing, _ visitor: Visitor, now: Timestamp) -> View {
        let state = listing.state
        let isOver = state.details.hasBegun(by: now)
        let left = listing.representation.available
        let (name, tone): (String, String) =
            if isOver {
                ("Event has begun", "off")
            } else if state.withdrawn {
                ("Withdrawn", "off")
            } else if left > 0 {
                ("On sale", "")
            } else if listing.held > 0 {
                ("All held or sold", "wait")
            } else {
                ("Sold out", "good")
            }
        return [
            "id": state.id.description, "title": state.title, "price": visitor.money(state.price, state.currency),
            "when": state.details.startsAt.map { visitor.event($0, in: state.details.timeZone) },
            "place": state.details.place, "offered": visitor.number(state.quantity),
            "held": visitor.number(listing.held), "sold": visitor.number(listing.sold), "left": visitor.number(left),
            "state": name, "tone": tone, "edit": !isOver,
            "withdraw": !isOver && !state.withdrawn && left + listing.held > 0,
            "relist": !isOver && state.withdrawn ? FormKey.make() : nil,
        ]
    }

    private func askToWithdraw(_ request: Request, _ context: APIContext) async throws -> Response {
        let (_, listing) = try await tickets.ownListing(context)
        guard !listing.state.withdrawn else { return .seeOther("/listings?done=withdrawn") }
        let visitor = Visitor(request)
        let left = listing.representation.available
        let view: View = [
            "id": listing.state.id.description, "title": listing.state.title, "left": visitor.number(left),
            "isOne": left == 1, "taken": listing.held + listing.sold > 0, "key": FormKey.make(),
        ]
        return try pages.page("withdraw", view, PageHead("Withdraw this listing?"), request, context)
    }

    private func change(
        withdrawn: Bool, _ route: String, _ request: Request, _ context: APIContext
    ) async throws -> Response {
        let (requester, listing) = try await tickets.ownListing(context)
        let form = try await FormFields(request, context)
        let command = CommandRequest(
            request, context, actor: requester.actor, route: route, form: form, keys: keys)
        let change = ChangeTicket(
            ticketId: listing.state.id, withdrawn: withdrawn, userVersion: requester.version)
        let done = withdrawn ? "withdrawn" : "relisted"
        return try await gateway.send(change, to: .tickets, as: command).onward { _ in "/listings?done=\(done)" }
    }
}
