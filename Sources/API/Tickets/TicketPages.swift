import HTTPTypes
import Hummingbird
import Marketplace
import Storage

/// `/tickets/:id`: what it is, what it costs, how many are left, and the form that holds some.
struct TicketPages: Sendable {
    let pages: Pages
    let tickets: TicketReads
    let orders: OrderReads
    private let kept = Kept<PageKey, Shown, RenderedPage>(limit: 512)

    /// What was read of a ticket, and all that its page depends on besides who looks at it.
    private struct Shown: Hashable, Sendable {
        let listing: Listing
        let availability: TicketAvailability
        let isOver: Bool

        var state: TicketState { listing.state }
        var isForSale: Bool { !isOver && !state.withdrawn }
    }

    init(pages: Pages, tickets: TicketReads, orders: OrderReads) {
        self.pages = pages
        self.tickets = tickets
        self.orders = orders
    }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/tickets/:id") { request, context in try await show(request, context) }
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.pageID(of: Kind.Ticket.self, "ticket")
        guard let listing = try await tickets.listing(id) else { throw Problem.notFound("ticket") }
        // The orders service counts what is left; until it has heard of the ticket, nothing is taken of it.
        var availability = try await orders.availability(of: id) ?? TicketAvailability(listing)
        availability.hear(listing.state)
        let shown = Shown(
            listing: listing, availability: availability, isOver: listing.state.details.hasBegun(by: .now()))
        let isOwn = context.user?.id == listing.state.sellerId
        let held = shown.isForSale && !isOwn ? try await held(id, request, context) : nil
        return try pages.page(request, context) {
            let visitor = Visitor(request)
            return try kept.product(PageKey(request, visitor, context), of: shown) {
                try render(shown, held, isOwn: isOwn, visitor, request, context)
            }
        }
    }

    private func render(
        _ shown: Shown, _ held: OrderState?, isOwn: Bool, _ visitor: Visitor, _ request: Request, _ context: APIContext
    ) throws -> RenderedPage {
        let (state, isOver, left) = (shown.state, shown.isOver, shown.availability.left)
        let view = Self.view(state, visitor).merging([
            "live": shown.isForSale ? "/live/tickets/\(state.id)" : nil,
            "availability": Self.live(shown.availability, visitor),
            "over": isOver, "withdrawn": state.withdrawn && !isOver,
            "own": isOwn ? Self.own(shown.listing, isOver: isOver, visitor) : nil,
            "buying": shown.isForSale && !isOwn
                ? Self.buying(state, left: left, held, isSomebody: context.isSomebody, visitor) : nil,
            "elsewhere": isOver || state.withdrawn || left == 0 ? "/" + URLText.query([("q", state.title)]) : nil,
        ])
        var head = PageHead([state.title, state.details.place].compactMap(\.self).joined(separator: ", "))
        if shown.isForSale {
            let path = "/tickets/\(state.id)"
            head.canonical = path
            head.description = Self.description(state, left: left, visitor)
            head.structured = EventStructure(state, left: left, url: pages.url(path))?.json
        }
        return try pages.render("ticket", view, head, request, context)
    }

    /// What the visitor holds of the ticket already and has not paid: who comes back to the page is led there, and holds
    /// no second time what was held once. The parameter `more` names the order beside which another is wanted.
    private func held(_ id: TicketID, _ request: Request, _ context: APIContext) async throws -> OrderState? {
        guard let user = context.user, let order = try await orders.unpaid(of: id, by: user.id),
            order.expiresAt > .now(), request.uri.queryParameters["more"].map(String.init) != order.id.description
        else { return nil }
        return order
    }

    private static func view(_ state: TicketState, _ visitor: Visitor) -> View {
        let details = state.details
        return [
            "id": state.id.description, "version": "\(state.version)", "title": state.title,
            "when": details.startsAt.map { visitor.event($0, in: details.timeZone) }, "place": details.place,
            "venue": details.venue,
            "city": details.city, "section": details.section, "row": details.row, "note": details.note,
            "price": visitor.money(state.price, state.currency),
            "listed": visitor.moment(state.createdAt),
        ]
    }

    // MARK: - What is left

    /// What the template `ticket-live` shows: as the page begins, and as it changes.
    static func live(_ ticket: TicketAvailability, _ visitor: Visitor) -> View {
        let left = ticket.left
        let (text, tone) =
            if ticket.withdrawn {
                ("No longer on sale", "off")
            } else if left == 0 {
                ("None left just now", "bad")
            } else if left == 1 {
                ("1 left, the last one", "wait")
            } else {
                ("\(visitor.number(left)) left", left <= 3 ? "wait" : "good")
            }
        return [
            "id": ticket.id.description, "version": "\(ticket.version)", "text": text, "tone": tone,
            "hint": left == 0 && !ticket.withdrawn
                ? "All are held or sold. What is held and not paid for comes back on sale by itself." : nil,
        ]
    }

    // MARK: - Buying

    private static func buying(
        _ state: TicketState, left: Int, _ held: OrderState?, isSomebody: Bool, _ visitor: Visitor
    ) -> View {
        let most = min(left, OrderState.quantityLimit)
        return [
            "id": state.id.description, "none": left == 0 && held == nil,
            "totals": held == nil ? totals(state, most, visitor) : nil,
            "held": held.map { self.held($0, isMoreLeft: left > 0, visitor) },
            "form": isSomebody && left > 0 && held == nil
                ? [
                    "quantity": Field(
                        "quantity", "How many tickets", .input("number"),
                        attributes: [("min", "1"), ("max", "\(most)"), ("inputmode", "numeric")],
                        in: FormFields(["quantity": "1"])
                    ).view, "minor": "\(state.price)", "currency": state.currency.rawValue, "key": FormKey.make(),
                ] as View : nil,
            "signIn": isSomebody || left == 0 ? nil : URLText.query([("next", "/tickets/\(state.id)")]),
        ]
    }

    private static func held(_ order: OrderState, isMoreLeft: Bool, _ visitor: Visitor) -> View {
        [
            "order": "/orders/\(order.id)",
            "tickets": order.quantity == 1 ? "1 ticket" : "\(visitor.number(order.quantity)) tickets",
            "until": visitor.moment(order.expiresAt),
            "more": isMoreLeft ? "/tickets/\(order.ticketId)" + URLText.query([("more", "\(order.id)")]) : nil,
        ]
    }

    /// What so many cost, all told. One alone is the price that stands there already.
    private static func totals(_ state: TicketState, _ most: Int, _ visitor: Visitor) -> View? {
        let rows = (2...5).filter { $0 <= most }.compactMap { quantity -> View? in
            Price(minorUnits: state.price)?.times(quantity).map {
                ["quantity": visitor.number(quantity), "total": visitor.money($0, state.currency)]
            }
        }
        return rows.isEmpty ? nil : ["rows": rows]
    }

    private static func own(_ listing: Listing, isOver: Bool, _ visitor: Visitor) -> View {
        [
            "id": listing.state.id.description, "offered": visitor.number(listing.state.quantity),
            "held": visitor.number(listing.held), "sold": visitor.number(listing.sold), "edit": !isOver,
            "withdraw": !isOver && !listing.state.withdrawn,
        ]
    }

    /// For those who are sent a link, and for search engines.
    private static func description(_ state: TicketState, left: Int, _ visitor: Visitor) -> String {
        var parts = [state.title]
        if let place = state.details.place { parts.append(place) }
        if let start = state.details.startsAt { parts.append(visitor.eventText(start, in: state.details.timeZone)) }
        let price = visitor.money(state.price, state.currency)
        return parts.joined(separator: ", ")
            + (left == 0 ? ". None left just now." : ". \(price) each, and no fees. \(visitor.number(left)) left.")
    }
}
