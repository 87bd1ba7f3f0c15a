import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/events/:id`: an event with its dates. Words for readers may precede the id.
struct EventPages: Sendable {
    let pages: Pages
    let users: UserReads
    let catalogue: CatalogueReads
    let listings: ListingReads
    let keys: DerivedKeys
    let budget: AddressBudget
    let addresses: ClientAddress
    private let cache = PageCache<Found>(limit: 256)

    /// The data that a page is rendered from.
    private struct Found: Hashable {
        let show: Show
        let dates: [PerformanceState]
        let hasMore: Bool
        let cities: [String]
        let prices: [LowestPrice]
        /// The dates that have started at the time of the request.
        let started: [PerformanceID]
    }

    private static let limit = 50
    private static let cityLimit = 12

    init(
        pages: Pages, users: UserReads, catalogue: CatalogueReads, listings: ListingReads, keys: DerivedKeys,
        budget: AddressBudget, addresses: ClientAddress
    ) {
        self.pages = pages
        self.users = users
        self.catalogue = catalogue
        self.listings = listings
        self.keys = keys
        self.budget = budget
        self.addresses = addresses
    }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/events/:id") { request, context in try await show(request, context) }
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try budget.take(addresses.of(request, context))
        guard let part = context.parameters.get("id"), let id = EventAddress.id(in: part),
            let show = try await catalogue.show(id)
        else { throw Problem.notFound("event") }
        if let winner = show.mergedInto, let other = try await catalogue.show(winner) {
            return .moved(to: EventAddress.path(of: other.id, title: other.title))
        }
        if show.status != .published {
            try await AdminGate(users: users).proposerOrAdmin(show.proposedBy, of: "event", context)
        }
        let path = EventAddress.path(of: id, title: show.title)
        guard request.uri.path == path else {
            return .moved(to: path + (request.uri.query.map { "?" + $0 } ?? ""))
        }
        let city = SearchFilters.searchText(FormFields(query: request.uri.query)["city"])
        let list = "dates \(id) \(city ?? "")"
        let cursor = request.uri.queryParameters["cursor"].flatMap {
            CursorCodec(keys: keys).decode(String($0), list: list, as: SearchCursor.self)
        }
        var dates = try await catalogue.dates(of: id, city: city, after: cursor, limit: Self.limit + 1)
        let first = city == nil && cursor == nil ? dates : try await catalogue.dates(of: id, limit: Self.limit + 1)
        let hasMore = dates.count > Self.limit
        if hasMore { dates.removeLast() }
        let prices = try await listings.lowestPrices(of: dates.map(\.id))
        let now = Timestamp.now()
        let found = Found(
            show: show, dates: dates, hasMore: hasMore, cities: Self.cities(first), prices: prices,
            started: dates.filter { $0.times.startsAt <= now }.map(\.id))
        return try pages.page(request, context) {
            let visitor = Visitor(request)
            return try cache.product(PageCacheKey(request, visitor, context), of: found) {
                try render(found, city, list, isFirst: cursor == nil, now, visitor, request, context)
            }
        }
    }

    private static func cities(_ dates: [PerformanceState]) -> [String] {
        var cities: [String] = []
        for date in dates where !cities.contains(date.venue.city) { cities.append(date.venue.city) }
        return cities.count > 1 ? Array(cities.prefix(cityLimit)) : []
    }

    private func render(
        _ found: Found, _ city: String?, _ list: String, isFirst: Bool, _ now: Timestamp, _ visitor: Visitor,
        _ request: Request, _ context: APIContext
    ) throws -> RenderedPage {
        let show = found.show
        let path = EventAddress.path(of: show.id, title: show.title)
        let prices = Dictionary(grouping: found.prices, by: \.performanceId)
        let next = found.hasMore ? found.dates.last.map { SearchCursor($0) } : nil
        let more = next.map { next in
            path
                + URLEncoding.query([("city", city), ("cursor", CursorCodec(keys: keys).encode(next, list: list))])
        }
        let view: View = [
            "title": show.title, "art": CategoryView.art(of: show.category, title: show.title),
            "category": [
                "name": CategoryView.of(show.category).name,
                "path": "/" + URLEncoding.query([("category", show.category.rawValue)]),
            ] as View,
            "performers": show.performers.isEmpty
                ? nil : show.performers.map(\.name).joined(separator: ", "),
            "unpublished": show.status != .published,
            "cities": found.cities.isEmpty ? nil : Self.chips(found.cities, chosen: city, path),
            "rows": PerformanceView.rows(found.dates, now: now, visitor) { prices[$0.id] ?? [] },
            "isEmpty": found.dates.isEmpty,
            "search": "/" + URLEncoding.query([("q", show.title)]),
            "first": isFirst ? nil : path + URLEncoding.query([("city", city)]),
            "more": more,
        ]
        var head = PageHead("\(show.title): dates and tickets")
        if show.status == .published {
            head.canonical = path
            head.description = Self.description(found, visitor)
            if isFirst, city == nil {
                head.structured = PerformanceStructure.json(
                    found.dates.prefix(Self.structuredLimit).map { date in
                        PerformanceStructure(date, prices: prices[date.id] ?? [], url: pages.url)
                    })
            }
        }
        return try pages.render("event", view, head, request, context)
    }

    private static func chips(_ cities: [String], chosen: String?, _ path: String) -> HTML {
        let all = Chip(text: "All cities", path: path, isChosen: chosen == nil)
        return Chip.list(
            [all]
                + cities.map { city in
                    Chip(text: city, path: path + URLEncoding.query([("city", city)]), isChosen: city == chosen)
                })
    }

    /// Maximum number of dates in the structured data.
    private static let structuredLimit = 20

    private static func description(_ found: Found, _ visitor: Visitor) -> String {
        var text = "Tickets for \(found.show.title) from fans to fans."
        if let first = found.dates.first {
            let day = visitor.venueDay(first.times.startsAt, in: first.venue.timeZone)
            text += " Next date: \(day), \(first.venue.name), \(first.venue.city)."
        }
        let prices = found.prices.sorted { $0.price < $1.price }
        if let country = found.dates.first?.venue.country,
            let from = PerformanceView.from(prices, in: country, visitor)
        {
            text += " From \(from), no fees."
        }
        return text
    }
}
