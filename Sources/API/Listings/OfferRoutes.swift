import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/api/performances/:id/offers`: the listings of a performance that are on sale.
struct OfferRoutes: Sendable {
    let listings: ListingReads
    let catalogue: CatalogueReads
    let bans: BanList
    let keys: DerivedKeys
    let budget: AddressBudget
    let addresses: ClientAddress
    private let offersJSON = MemoCache<String, OfferResults, CompressibleBody>(limit: 256)

    init(
        listings: ListingReads, catalogue: CatalogueReads, bans: BanList, keys: DerivedKeys, budget: AddressBudget,
        addresses: ClientAddress
    ) {
        self.listings = listings
        self.catalogue = catalogue
        self.bans = bans
        self.keys = keys
        self.budget = budget
        self.addresses = addresses
    }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get(":id/offers") { request, context in try await list(request, context) }
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.id(of: Kind.Performance.self)
        let query = try Query(request.uri, names: OfferFilters.names.union(["limit", "cursor"]))
        try budget.take(addresses.of(request, context))
        var filters = try OfferFilters(query, of: id)
        let page = try Pagination<OfferCursor>(query, list: filters.list, codec: CursorCodec(keys: keys))
        guard let performance = try await catalogue.performance(id), performance.status != .rejected,
            performance.status != .proposed
        else { throw Problem.notFound("performance") }
        // The listings of a merged performance belong to the performance that it was merged into.
        filters.search.performanceId = performance.mergedInto ?? id
        let found = try await listings.offers(filters.search, after: page.after, limit: page.limit, without: bans)
        var headers: HTTPFields = [:]
        headers[.link] = page.link(
            path: "/api/performances/\(id)/offers", query: filters.parameters.map { ($0.name, String?.some($0.value)) },
            next: found.next)
        let url = request.uri.string
        let json = offersJSON.product(url.utf8.count <= 192 ? url : nil, of: found) {
            CompressibleBody(ResponseJSON.encode(found.offers.map(\.representation)))
        }
        return .json(json, to: request, headers: headers)
    }
}

/// A search for offers, from the query of the JSON API.
struct OfferFilters: Sendable {
    var search: OfferSearch
    /// The given parameters, unchanged, for the URLs of further pages.
    let parameters: [(name: String, value: String)]

    /// The name of the list for cursors. It identifies exactly these filters.
    let list: String

    static let names: Set<String> = ["quantity", "currency", "max", "sort"]

    /// - Parameter query: may contain other parameters. An empty parameter counts as missing.
    init(_ query: Query, of performance: PerformanceID) throws(Problem) {
        parameters = Self.names.sorted().compactMap { name in
            query[name].flatMap { $0.isEmpty ? nil : (name, $0) }
        }
        list =
            "offers of \(performance)" + parameters.map { String(reflecting: "\($0.name)=\($0.value)") }.joined()
        var values = QueryValues(query)
        let quantities = 1...OrderState.quantityLimit
        let currency = values.read("currency", "one of \(Currency.all.joined(separator: ", "))", Currency.inAnyCase)
        let greatest = currency?.facts.maximum ?? Price.limit
        search = OfferSearch(
            performanceId: performance,
            quantity: values.read("quantity", "a whole number, 1 to \(quantities.upperBound)") {
                Int($0).flatMap { quantities.contains($0) ? $0 : nil }
            },
            currency: currency,
            maxPrice: values.read("max", "a whole number of minor units, at most \(greatest)") {
                Int64($0).flatMap { (0...greatest).contains($0) ? $0 : nil }
            })
        let sort = values.read("sort", "price") { $0 == "price" ? true : nil }
        if sort != nil || search.maxPrice != nil, currency == nil,
            !values.faults.contains(where: { $0.field == "currency" })
        {
            values.fail("currency", "is required with a price, and to sort by price")
        }
        guard values.faults.isEmpty else { throw .invalid(values.faults) }
    }
}
