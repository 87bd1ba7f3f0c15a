import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/tickets/:id`: a listing with its price, the number of tickets left, and the form to order tickets.
struct ListingPages: Sendable {
    let pages: Pages
    let listings: ListingReads
    let orders: OrderReads
    let bans: BanList
    /// Maximum number of tickets of one listing that a buyer may have, or `nil` for no limit.
    let unitsPerBuyer: Int?
    private let cache = PageCache<Snapshot>(limit: 512)

    /// Everything that a listing's page depends on, besides the visitor.
    private struct Snapshot: Hashable, Sendable {
        let listing: Listing
        let availability: ListingAvailability
        let hasStarted: Bool

        var state: ListingState { listing.state }
        var isForSale: Bool { !hasStarted && !state.withdrawn }
    }

    init(pages: Pages, listings: ListingReads, orders: OrderReads, bans: BanList, unitsPerBuyer: Int?) {
        self.pages = pages
        self.listings = listings
        self.orders = orders
        self.bans = bans
        self.unitsPerBuyer = unitsPerBuyer
    }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/tickets/:id") { request, context in try await show(request, context) }
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.pageID(of: Kind.Listing.self, "ticket")
        guard var listing = try await listings.listing(id) else { throw Problem.notFound("ticket") }
        // The orders service counts the units left. Until it knows the listing, no unit is held or sold.
        var availability = try await orders.availability(of: id) ?? ListingAvailability(listing)
        availability.apply(listing.state)
        // The listings of a banned seller are withdrawn in slices, which takes some time if there are many.
        if !bans.banned(among: [listing.state.sellerId]).isEmpty {
            listing.state.withdrawn = true
            availability.withdrawn = true
        }
        let snapshot = Snapshot(
            listing: listing, availability: availability, hasStarted: listing.state.details.hasStarted(by: .now()))
        let isOwn = context.user?.id == listing.state.sellerId
        let holdings =
            snapshot.isForSale && !isOwn ? try await self.holdings(of: id, request, context) : ListingHoldings()
        return try pages.page(request, context) {
            let visitor = Visitor(request)
            return try cache.product(PageCacheKey(request, visitor, context), of: snapshot) {
                try render(snapshot, holdings, isOwn: isOwn, visitor, request, context)
            }
        }
    }

    private func render(
        _ snapshot: Snapshot, _ holdings: ListingHoldings, isOwn: Bool, _ visitor: Visitor, _ request: Request,
        _ context: APIContext
    ) throws -> RenderedPage {
        let (state, hasStarted, left) = (snapshot.state, snapshot.hasStarted, snapshot.availability.left)
        let view = Self.view(state, visitor).merging([
            "live": snapshot.isForSale ? "/live/tickets/\(state.id)" : nil,
            "availability": Self.live(snapshot.availability, visitor),
            "performance": state.performanceId.map { EventAddress.path(of: $0) },
            "started": hasStarted && state.suspended == nil,
            "suspended": state.suspended.map { SuspensionText.of($0.reason) },
            "withdrawn": state.withdrawn && state.suspended == nil && !hasStarted
                && !(isOwn && state.takenDown != nil),
            "takenDown": isOwn
                ? state.takenDown.map { ["reason": ReportText.of($0.reason), "note": $0.note] as View } : nil,
            "report": isOwn || hasStarted || state.takenDown != nil ? nil : "/tickets/\(state.id)/report",
            "own": isOwn ? Self.own(snapshot.listing, hasStarted: hasStarted, visitor) : nil,
            "buying": snapshot.isForSale && !isOwn
                ? buying(
                    snapshot.availability, state, holdings, asked(request), isSignedIn: context.isSignedIn, visitor)
                : nil,
            "elsewhere": hasStarted || state.withdrawn || left == 0
                ? state.performanceId.map { EventAddress.path(of: $0) } ?? "/" + URLEncoding.query([("q", state.title)])
                : nil,
        ])
        var head = PageHead([state.title, state.details.place].compactMap(\.self).joined(separator: ", "))
        if snapshot.isForSale {
            let path = "/tickets/\(state.id)"
            head.canonical = path
            head.description = Self.description(state, left: left, visitor)
            head.structured = ShowStructure(state, left: left, url: pages.url(path))?.json
        }
        return try pages.render("listing", view, head, request, context)
    }

    /// The visitor's tickets of this listing, and the visitor's unpaid order, if there is one. The page links to this
    /// order instead of showing the form, so that nobody orders twice by going back. If the parameter `more` names the
    /// order, the page shows the form anyway.
    private func holdings(
        of id: ListingID, _ request: Request, _ context: APIContext
    ) async throws -> ListingHoldings {
        guard let user = context.user else { return ListingHoldings() }
        var holdings = try await orders.holdings(of: id, by: user.id, upTo: unitsPerBuyer ?? 0)
        if let order = holdings.unpaid,
            order.expiresAt <= .now() || request.uri.queryParameters["more"].map(String.init) == order.id.description
        {
            holdings.unpaid = nil
        }
        return holdings
    }

    private static func view(_ state: ListingState, _ visitor: Visitor) -> View {
        let details = state.details
        return [
            "id": state.id.description, "version": "\(state.version)", "title": state.title,
            "when": details.startsAt.map { visitor.venueTime($0, in: details.timeZone) }, "place": details.place,
            "venue": details.venue, "split": SplitChoice.text(of: state.splitRule),
            "seats": state.seats.map { SeatText.list($0.map(\.name)) }, "city": details.city,
            "section": details.section, "row": details.row, "note": details.note,
            "faceValue": state.pricing?.faceValue.map { visitor.formattedPrice($0, state.currency) },
            "listed": visitor.localTime(state.createdAt),
        ]
    }

    // MARK: - Availability

    /// Values of the template `listing-live`, for the page and for its live updates.
    static func live(_ availability: ListingAvailability, _ visitor: Visitor) -> View {
        let left = availability.left
        let (text, tone) =
            if availability.withdrawn {
                ("No longer on sale", "off")
            } else if left == 0 {
                availability.mayReturn ? ("No tickets left", "wait") : ("Sold out", "off")
            } else if left == 1 {
                ("1 left", "wait")
            } else {
                ("\(visitor.number(left)) left", left <= 3 ? "wait" : "good")
            }
        return [
            "id": availability.id.description, "version": "\(availability.version)", "text": text, "tone": tone,
            "hint": left == 0 && !availability.withdrawn && availability.mayReturn
                ? "Other buyers have reserved them. If they aren't paid for, they go back on sale." : nil,
            "price": visitor.formattedPrice(availability.allIn, availability.currency),
            "seatRow": SeatRow.view(availability.seats, free: availability.withdrawn ? 0 : availability.free ?? 0),
            "each": PriceView.each(availability.breakdown),
            "details": PriceView.details(availability.breakdown, availability.currency, visitor),
            "totals": availability.withdrawn ? nil : totals(availability, visitor),
        ]
    }

    // MARK: - Buying

    private func buying(
        _ availability: ListingAvailability, _ state: ListingState, _ holdings: ListingHoldings, _ asked: Int,
        isSignedIn: Bool, _ visitor: Visitor
    ) -> View {
        let (left, unpaid) = (availability.left, holdings.unpaid)
        let allowed = unitsPerBuyer.map { max(0, $0 - holdings.units) } ?? .max
        let most = min(left, OrderState.quantityLimit, allowed)
        let hint: String? = allowed < left ? Self.limitHint(allowed, holdings.units, visitor) : nil
        let hasEnough = left > 0 && allowed == 0 && unpaid == nil
        let choices = availability.sellable.map { $0.upTo(most).quantities }
        let quantity: Int? = choices.map { SplitChoice.nearest(to: asked, in: $0) } ?? max(1, min(asked, most))
        let limits = [("min", "1"), ("max", "\(most)"), ("inputmode", "numeric")]
        let field = Field(
            "quantity", "How many tickets", choices.map { SplitChoice.quantities($0, visitor) } ?? .input("number"),
            hint: hint, attributes: choices == nil ? limits : [], in: FormFields(["quantity": "\(quantity ?? 1)"]))
        let seats = SeatRow.choices(availability, upTo: most).map {
            Field(
                "seats", "Which seats", .select($0), hint: "If you choose seats, you get exactly these.",
                isOptional: true, in: FormFields())
        }
        let canChoose = isSignedIn && most > 0 && unpaid == nil
        return [
            "id": state.id.description, "none": left == 0 && availability.mayReturn && unpaid == nil,
            "held": unpaid.map { Self.held($0, isMoreLeft: most > 0 && quantity != nil, visitor) },
            "enough": hasEnough ? Self.enough(holdings.units, visitor) : nil,
            "unsplit": canChoose && quantity == nil ? Self.unsplit(availability, most) : nil,
            "form": canChoose && quantity != nil
                ? [
                    "quantity": field.view, "seatChoice": seats?.view, "minor": "\(state.allIn)",
                    "currency": state.currency.rawValue,
                    "key": FormKey.make(),
                ] as View : nil,
            "signIn": isSignedIn || left == 0
                ? nil
                : URLEncoding.query([
                    (
                        "next",
                        "/tickets/\(state.id)" + URLEncoding.query([("quantity", asked > 1 ? String(asked) : nil)])
                    )
                ]),
        ]
    }

    /// The reason why the split rule leaves no quantity to choose from.
    private static func unsplit(_ availability: ListingAvailability, _ most: Int) -> String {
        guard let sellable = availability.sellable, let smallest = sellable.smallest, smallest > most else {
            return "These tickets can't be bought right now: some are reserved. Try again in a few minutes."
        }
        return "The seller sells these tickets only in quantities of \(sellable.text), and you can get at most \(most)."
    }

    private static func tickets(_ count: Int, _ visitor: Visitor) -> String {
        count == 1 ? "1 ticket" : "\(visitor.number(count)) tickets"
    }

    private static func enough(_ units: Int, _ visitor: Visitor) -> String {
        "You have \(tickets(units, visitor)) from this listing. One person can't get more."
    }

    private static func limitHint(_ allowed: Int, _ units: Int, _ visitor: Visitor) -> String {
        units == 0
            ? "One person can get at most \(tickets(allowed, visitor)) from this listing."
            : "You have \(tickets(units, visitor)) from this listing, and can get \(visitor.number(allowed)) more."
    }

    private static func held(_ order: OrderState, isMoreLeft: Bool, _ visitor: Visitor) -> View {
        [
            "order": "/orders/\(order.id)",
            "tickets": tickets(order.quantity, visitor),
            "until": visitor.localTime(order.expiresAt),
            "more": isMoreLeft ? "/tickets/\(order.ticketId)" + URLEncoding.query([("more", "\(order.id)")]) : nil,
        ]
    }

    /// The number of tickets in the query of the URL, for example in the link "Order again".
    private func asked(_ request: Request) -> Int {
        request.uri.queryParameters["quantity"].flatMap { Int($0) } ?? 1
    }

    /// Totals for two to five tickets. The page shows the price of one ticket separately.
    private static func totals(_ availability: ListingAvailability, _ visitor: Visitor) -> View? {
        let sellable = availability.sellable
        let rows = (2...5).filter { $0 <= availability.left && sellable?.contains($0) ?? true }.compactMap {
            quantity -> View? in
            Price(minorUnits: availability.allIn)?.times(quantity, in: availability.currency).map {
                ["quantity": visitor.number(quantity), "total": visitor.formattedPrice($0, availability.currency)]
            }
        }
        return rows.isEmpty ? nil : ["rows": rows]
    }

    private static func own(_ listing: Listing, hasStarted: Bool, _ visitor: Visitor) -> View {
        [
            "id": listing.state.id.description,
            "youGet": visitor.formattedPrice(
                listing.state.pricing.breakdown(of: listing.state.price).youGet, listing.state.currency),
            "offered": visitor.number(listing.state.quantity),
            "held": visitor.number(listing.held), "sold": visitor.number(listing.sold), "edit": !hasStarted,
            "withdraw": !hasStarted && !listing.state.withdrawn,
        ]
    }

    /// The description for link previews and search engines.
    private static func description(_ state: ListingState, left: Int, _ visitor: Visitor) -> String {
        var parts = [state.title]
        if let place = state.details.place { parts.append(place) }
        if let start = state.details.startsAt { parts.append(visitor.venueTimeText(start, in: state.details.timeZone)) }
        let price = visitor.formattedPrice(state.allIn, state.currency)
        return parts.joined(separator: ", ")
            + (left == 0
                ? ". No tickets left."
                : ". \(price) each, \(state.allIn == state.price ? "no fees" : "fees included"). \(visitor.number(left)) left.")
    }
}
