import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/performances/:id`: one date of an event, with all offers for it, the cheapest first.
struct PerformancePages: Sendable {
    let pages: Pages
    let users: UserReads
    let catalogue: CatalogueReads
    let listings: ListingReads
    let bans: BanList
    let keys: DerivedKeys
    let budget: AddressBudget
    let addresses: ClientAddress
    private let cache = PageCache<Found>(limit: 512)

    /// The data that a page is rendered from.
    private struct Found: Hashable {
        let performance: PerformanceState
        let hasStarted: Bool
        let offers: OfferResults
        let prices: [LowestPrice]
        let others: [PerformanceState]
        let otherPrices: [LowestPrice]
    }

    private static let limit = 40
    private static let otherDates = 4
    /// Maximum number of currencies that have a link.
    private static let currencyLimit = 10

    init(
        pages: Pages, users: UserReads, catalogue: CatalogueReads, listings: ListingReads, bans: BanList,
        keys: DerivedKeys, budget: AddressBudget, addresses: ClientAddress
    ) {
        self.pages = pages
        self.users = users
        self.catalogue = catalogue
        self.listings = listings
        self.bans = bans
        self.keys = keys
        self.budget = budget
        self.addresses = addresses
    }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/performances/:id") { request, context in try await show(request, context) }
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try budget.take(addresses.of(request, context))
        let id = try context.pageID(of: Kind.Performance.self, "event")
        guard let performance = try await catalogue.performance(id) else { throw Problem.notFound("event") }
        if let winner = performance.mergedInto {
            return .moved(to: EventAddress.path(of: winner) + (request.uri.query.map { "?" + $0 } ?? ""))
        }
        if performance.status == .proposed || performance.status == .rejected {
            try await AdminGate(users: users).proposerOrAdmin(performance.proposedBy, of: "event", context)
        }
        let (now, visitor) = (Timestamp.now(), Visitor(request))
        let isOnSale = PerformanceView.status(performance, now: now) == nil
        let others = try await catalogue.dates(of: performance.eventId, limit: Self.otherDates + 1)
            .filter { $0.id != id }.prefix(Self.otherDates)
        let all = try await listings.lowestPrices(of: (isOnSale ? [id] : []) + others.map(\.id))
        let prices = PerformanceView.sorted(
            all.filter { $0.performanceId == id }, in: performance.venue.country, visitor)
        // The page shows one currency at a time, because amounts in different currencies have no order.
        let choice = OfferChoice(request, of: id, keys: keys).preferring(prices.first?.currency)
        let found = Found(
            performance: performance, hasStarted: performance.times.startsAt <= now,
            // Offers are read even if no lowest price was found: many cheap offers that can't be sold may hide the
            // lowest price.
            offers: isOnSale
                ? try await listings.offers(choice.search, after: choice.place, limit: Self.limit, without: bans)
                : OfferResults(offers: []),
            prices: prices, others: Array(others), otherPrices: all.filter { $0.performanceId != id })
        return try pages.page(request, context) {
            try cache.product(PageCacheKey(request, visitor, context), of: found) {
                try render(found, choice, now, visitor, request, context)
            }
        }
    }

    private func render(
        _ found: Found, _ choice: OfferChoice, _ now: Timestamp, _ visitor: Visitor, _ request: Request,
        _ context: APIContext
    ) throws -> RenderedPage {
        let state = found.performance
        let (zone, path) = (state.venue.timeZone, EventAddress.path(of: state.id))
        let status = PerformanceView.status(state, now: now)
        let prices = Dictionary(grouping: found.otherPrices, by: \.performanceId)
        let event = EventAddress.path(of: state.eventId, title: state.title)
        let isPostponed = state.status == .postponed
        let view: View = [
            "title": state.title, "event": event, "art": CategoryView.art(of: state.category, title: state.title),
            "when": isPostponed ? nil : visitor.venueTime(state.times.startsAt, in: zone), "undated": isPostponed,
            "doors": isPostponed ? nil : state.times.doorsAt.map { visitor.venueClock($0, in: zone) },
            "ends": isPostponed ? nil : state.times.endsAt.map { visitor.venueTime($0, in: zone) },
            "venue": state.venue.name, "address": state.venue.address, "city": state.venue.city,
            "country": PerformanceView.country(state.venue),
            "performers": state.performers.isEmpty ? nil : state.performers.joined(separator: ", "),
            "category": [
                "name": CategoryView.of(state.category).name,
                "path": "/" + URLEncoding.query([("category", state.category.rawValue)]),
            ] as View,
            "status": status.map { ["text": $0.text, "tone": $0.tone] as View },
            "sale": status == nil ? sale(found, choice, path, visitor) : nil,
            "sell": status == nil ? "/sell" + URLEncoding.query([("performance", "\(state.id)")]) : nil,
            "others": found.others.isEmpty
                ? nil
                : [
                    "rows": PerformanceView.rows(found.others, now: now, visitor) { prices[$0.id] ?? [] }, "all": event,
                ] as View,
        ]
        let day = visitor.venueDay(state.times.startsAt, in: zone)
        var head = PageHead("\(state.title), \(state.venue.city)\(isPostponed ? "" : ", \(day)")")
        if state.status != .proposed, state.status != .rejected, !found.hasStarted {
            head.canonical = path
            head.description = Self.description(state, found.prices, day, visitor)
            head.structured = PerformanceStructure.json([
                PerformanceStructure(state, prices: found.prices, url: pages.url)
            ])
        }
        return try pages.render("performance", view, head, request, context)
    }

    private static func description(
        _ state: PerformanceState, _ prices: [LowestPrice], _ day: String, _ visitor: Visitor
    ) -> String {
        let what = "Tickets for \(state.title) at \(state.venue.name), \(state.venue.city)"
        switch state.status {
        case .cancelled: return what + ". Cancelled."
        case .postponed: return what + ". Postponed."
        default: break
        }
        let from = PerformanceView.from(prices, in: state.venue.country, visitor)
        return what + ", \(day)." + (from.map { " From \($0), with all fees." } ?? " No tickets right now.")
    }

    // MARK: - Offers

    private func sale(_ found: Found, _ choice: OfferChoice, _ path: String, _ visitor: Visitor) -> View {
        let quantity = choice.quantity
        let numbers: [Int?] = [nil] + OfferChoice.quantities(around: quantity)
        let quantities = numbers.map { number in
            Chip(
                text: number.map(visitor.number) ?? "Any",
                path: path + URLEncoding.query(choice.query(quantity: number)), isChosen: number == quantity)
        }
        let currencies = found.prices.prefix(Self.currencyLimit).map { price in
            Chip(
                text: price.currency.rawValue,
                path: path + URLEncoding.query(choice.query(currency: price.currency.rawValue)),
                isChosen: price.currency == choice.currency)
        }
        let here = path + URLEncoding.query(choice.parameters)
        let more = found.offers.next.map { next in
            path + URLEncoding.query(choice.parameters + [("cursor", choice.encode(next))])
        }
        return [
            "quantities": Chip.list(quantities), "currencies": currencies.count < 2 ? nil : Chip.list(currencies),
            "list": found.offers.offers.isEmpty
                ? nil
                : [
                    "offers": "\(found.offers.offers.compactMap { Self.offer($0, quantity, visitor) })" as HTML,
                    "whole": found.offers.offers.contains { $0.state.allIn != $0.state.price }
                        ? "This is the whole price, with all fees." : "This is the whole price: no fees.",
                    "refresh": here, "first": choice.place == nil ? nil : here, "more": more,
                ] as View,
            "empty": found.offers.offers.isEmpty ? Self.empty(found, choice, path, here, more: more) : nil,
        ]
    }

    /// - Parameter wanted: the wanted number of tickets, or `nil` for the smallest number that can be bought.
    private static func offer(_ listing: Listing, _ wanted: Int?, _ visitor: Visitor) -> HTML? {
        let (state, left) = (listing.state, listing.representation.available)
        let quantity = wanted ?? listing.sellable?.smallest ?? 1
        guard let total = Price(minorUnits: state.allIn)?.times(quantity, in: state.currency) else { return nil }
        let path = "/tickets/\(state.id)" + URLEncoding.query([("quantity", "\(quantity)")])
        let place = place(listing, quantity)
        return """
            <li class="offer">
            <div class="offer-what"><h3>\(place)</h3><p class="soft">\(visitor.number(left)) left · \
            <span class="number">\(visitor.formattedPrice(state.allIn, state.currency))</span> each</p></div>
            <a class="button offer-get" href="\(path)">\(visitor.number(quantity)) for \
            \(visitor.formattedPrice(total, state.currency))<span class="unseen">: \(place)</span></a>
            </li>

            """
    }

    /// The place of a listing, with the seats that an order of this quantity would get.
    private static func place(_ listing: Listing, _ quantity: Int) -> String {
        let state = listing.state
        let place = state.details.seat ?? "General admission"
        guard let free = listing.free, let set = state.splitSet,
            let seats = SeatRuns(free: free).cut(quantity, by: set).flatMap(state.seatNames(in:))
        else { return place }
        return "\(place), \(SeatText.together(seats))"
    }

    /// - Parameter more: The path of the next page, if this page has found offers but shows none of them.
    private static func empty(
        _ found: Found, _ choice: OfferChoice, _ path: String, _ here: String, more: String?
    ) -> View {
        let hasOthers = !found.prices.isEmpty
        return [
            "message": hasOthers
                ? choice.quantity.map { "There is no offer for \($0 == 1 ? "1 ticket" : "\($0) tickets") right now" }
                    ?? "No more tickets"
                : "No tickets right now",
            "hint": hasOthers
                ? "There are other tickets for this date."
                : "Fans list tickets right up to the last minute, so come back later.",
            "all": hasOthers ? path : nil, "refresh": here, "more": more,
        ]
    }
}
