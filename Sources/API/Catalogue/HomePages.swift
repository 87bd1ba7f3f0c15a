import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/`: the search for events. The URL holds all parameters. The page is the search for tickets if the catalogue has no
/// coming events, or if the URL has filters that only tickets have.
struct HomePages: Sendable {
    let pages: Pages
    let catalogue: CatalogueReads
    let listings: ListingReads
    let browse: BrowsePages
    let bans: BanList
    let keys: DerivedKeys
    let defaultCurrency: Currency
    let budget: AddressBudget
    let addresses: ClientAddress
    private let cache = PageCache<Found>(limit: 64)

    /// The data that a page is rendered from.
    private struct Found: Hashable {
        let results: PerformanceResults
        let prices: [LowestPrice]
        /// Listings of events that the catalogue does not have.
        let tickets: SearchResults
        let cities: [String]
    }

    private static let limit = 36
    private static let ticketLimit = 6

    init(
        pages: Pages, catalogue: CatalogueReads, listings: ListingReads, browse: BrowsePages, bans: BanList,
        keys: DerivedKeys, defaultCurrency: Currency, budget: AddressBudget, addresses: ClientAddress
    ) {
        self.pages = pages
        self.catalogue = catalogue
        self.listings = listings
        self.browse = browse
        self.bans = bans
        self.keys = keys
        self.defaultCurrency = defaultCurrency
        self.budget = budget
        self.addresses = addresses
    }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/") { request, context in try await home(request, context) }
        routes.get("/tickets") { request, context in
            try budget.take(addresses.of(request, context))
            return try await browse.browse("/tickets", request, context)
        }
    }

    private func home(_ request: Request, _ context: APIContext) async throws -> Response {
        try budget.take(addresses.of(request, context))
        guard try await catalogue.hasComing() else { return try await browse.browse("/", request, context) }
        var form = FormFields(query: request.uri.query)
        let (visitor, now) = (Visitor(request), Timestamp.now())
        let tickets = SearchFilters(&form, visitor, defaultCurrency: defaultCurrency)
        guard form.isValid, EventFilters.ticketNames.allSatisfy({ form[$0].isEmpty }) else {
            return try await browse.browse("/tickets", request, context)
        }
        let filters = EventFilters(form, tickets, visitor, now: now)
        // An invalid cursor leads to the first page.
        let place = CursorCodec(keys: keys).decode(form["cursor"], list: filters.list, as: SearchCursor.self)
        let found = try await find(filters, after: place)
        return try pages.page(request, context) {
            try cache.product(PageCacheKey(request, visitor, context), of: found) {
                try render(found, filters, isFirst: place == nil, now, visitor, request, context)
            }
        }
    }

    /// If there are events, leaves out tickets that match only by a similar spelling. Tickets that match exactly never
    /// hide events with a similar spelling: otherwise a seller could hide an event by listing a misspelling of its
    /// name.
    private func find(_ filters: EventFilters, after place: SearchCursor?) async throws -> Found {
        let results = try await catalogue.performances(filters.search, after: place, limit: Self.limit)
        var tickets = SearchResults(listings: [])
        // A search costs more than this check, and in many shops every listing has a performance.
        if place == nil, filters.search.category == nil, try await listings.hasOther() {
            let search = filters.search
            let hasExactEvents = !results.performances.isEmpty && results.corrections.isEmpty
            tickets = try await listings.search(
                ListingSearch(
                    text: search.text, city: search.city, zone: search.zone, from: search.from, to: search.to,
                    withoutPerformance: true),
                after: nil, limit: Self.ticketLimit, allowsSimilar: !hasExactEvents, without: bans)
            if tickets.isSimilar, !results.performances.isEmpty {
                tickets = SearchResults(listings: [])
            }
        }
        return Found(
            results: results, prices: try await listings.lowestPrices(of: results.performances.map(\.id)),
            tickets: tickets, cities: await catalogue.cities())
    }

    private func render(
        _ found: Found, _ filters: EventFilters, isFirst: Bool, _ now: Timestamp, _ visitor: Visitor,
        _ request: Request, _ context: APIContext
    ) throws -> RenderedPage {
        let text = filters.search.text
        let isFiltered = !filters.parameters.isEmpty
        let parameters = filters.parameters.map { ($0.name, String?.some($0.value)) }
        let more = found.results.next.map { next in
            "/" + URLEncoding.query(parameters + [("cursor", CursorCodec(keys: keys).encode(next, list: filters.list))])
        }
        let title = EventSearchView.title(filters)
        let isEmpty = found.results.performances.isEmpty
        let view: View = [
            "title": title, "welcome": !isFiltered && isFirst, "text": filters.typed,
            "kept": filters.parameters.filter { $0.name != "q" }.map { ["name": $0.name, "value": $0.value] as View },
            "times": EventSearchView.times(filters), "cities": EventSearchView.cities(found.cities, filters),
            "similar": isEmpty ? nil : EventSearchView.corrections(found.results, filters),
            "events": isEmpty
                ? nil
                : [
                    "cards": EventSearchView.cards(found.results.performances, found.prices, visitor),
                    "first": isFirst ? nil : "/" + URLEncoding.query(parameters), "more": more,
                ] as View,
            "noEvents": isEmpty
                ? [
                    "message": !isFirst ? "No more events." : EventSearchView.nothingFound(filters),
                    "links": EventSearchView.broaderSearches(filters),
                    "all": isFiltered || !isFirst,
                ] as View : nil,
            "tickets": found.tickets.listings.isEmpty
                ? nil
                : [
                    "cards": found.tickets.listings.map { BrowsePages.card($0, visitor) },
                    "similar": SearchNotesView.view(found.tickets.notes, filters.parameters),
                    "all": "/tickets" + URLEncoding.query(parameters.filter { ["q", "city"].contains($0.0) }),
                ] as View,
        ]
        var head = PageHead(text == nil && !isFiltered ? "Tickets from fans to fans" : title)
        // Search engines index only the first page of the whole list, and no search results.
        if !isFiltered, isFirst {
            head.canonical = "/"
            head.description =
                "Buy tickets from fans who can't go, or sell your own. The price you see is the price you pay, "
                + "and no ticket is sold twice."
        }
        return try pages.render("home-events", view, head, request, context)
    }
}
