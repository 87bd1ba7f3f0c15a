import HTTPTypes
import Hummingbird
import JSONCoding
import Marketplace
import NIOCore
import Services
import Storage

/// The routes to search and read the catalogue, and to propose a performance.
struct CatalogueRoutes: Sendable {
    let gateway: CommandGateway
    let users: UserReads
    let catalogue: CatalogueReads
    let keys: DerivedKeys
    let budget: AddressBudget
    let addresses: ClientAddress
    private let performanceJSON = MemoCache<PerformanceID, PerformanceState, ByteBuffer>(limit: 1024)
    private let searchJSON = MemoCache<String, PerformanceResults, CompressibleBody>(limit: 64)

    init(
        gateway: CommandGateway, users: UserReads, catalogue: CatalogueReads, keys: DerivedKeys,
        budget: AddressBudget, addresses: ClientAddress
    ) {
        self.gateway = gateway
        self.users = users
        self.catalogue = catalogue
        self.keys = keys
        self.budget = budget
        self.addresses = addresses
    }

    private var codec: CursorCodec { CursorCodec(keys: keys) }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("performances") { request, context in try await searchPerformances(request, context) }
        routes.post("performances") { request, context in try await propose(request, context) }
        routes.get("performances/:id") { _, context in try await showPerformance(context) }
        routes.get("events") { request, context in try await listEvents(request, context) }
        routes.get("events/:id") { _, context in try await showEvent(context) }
        routes.get("venues") { request, context in try await listVenues(request, context) }
        routes.get("venues/:id") { _, context in try await showVenue(context) }
    }

    // MARK: Performances

    private func searchPerformances(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try Query(request.uri, names: PerformanceFilters.names.union(["limit", "cursor"]))
        try budget.take(addresses.of(request, context))
        let filters = try PerformanceFilters(query)
        let page = try Pagination<SearchCursor>(query, list: filters.list, codec: codec)
        let found = try await catalogue.performances(filters.search, after: page.after, limit: page.limit)
        var headers: HTTPFields = [:]
        let parameters = filters.parameters.map { ($0.name, String?.some($0.value)) }
        headers[.link] = page.link(path: "/api/performances", query: parameters, next: found.next)
        let url = request.uri.string
        let json = searchJSON.product(url.utf8.count <= 128 ? url : nil, of: found) {
            CompressibleBody(ResponseJSON.encode(found.performances.map(PerformanceRepresentation.init)))
        }
        return .json(json, to: request, headers: headers)
    }

    private func showPerformance(_ context: APIContext) async throws -> Response {
        let id = try context.id(of: Kind.Performance.self)
        guard var state = try await catalogue.performance(id) else { throw Problem.notFound("performance") }
        if let winner = state.mergedInto, let other = try await catalogue.performance(winner) { state = other }
        if state.status == .proposed || state.status == .rejected {
            try await AdminGate(users: users).proposerOrAdmin(state.proposedBy, of: "performance", context)
        }
        let json = performanceJSON.product(state.id, of: state) {
            ByteBuffer(bytes: ResponseJSON.encode(PerformanceRepresentation(state)))
        }
        return .json(json, headers: headers("performances", id, state.id, state.version))
    }

    private func propose(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let body = try await request.jsonBody(context)
        let input = try NewPerformanceInput(body)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "POST /api/performances", body: body, keys: keys)
        // A new admin's proposal is published at once, even if the token has the old role.
        let version = try await users.user(requester.id)?.version ?? requester.version
        let propose = ProposePerformance(
            eventId: input.eventId, event: input.event, venueId: input.venueId, venue: input.venue,
            times: input.times, userVersion: version)
        return try await gateway.send(propose, to: .catalogue, as: command)
            .response(.created, tag: EntityTag.init(versioned:)) { "/api/performances/\($0)" }
    }

    // MARK: Events and venues

    private func listEvents(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try Query(request.uri, names: ["q", "category", "limit", "cursor"])
        try budget.take(addresses.of(request, context))
        let category = try PerformanceFilters.category(query)
        let text = query["q"] ?? ""
        let page = try Pagination<ListCursor>(
            query, list: "events \(category?.rawValue ?? "") \(text)", codec: codec)
        let found = try await catalogue.shows(
            text: SearchFilters.searchText(text), category: category, after: page.after, limit: page.limit + 1)
        return page.response(
            found, to: request, path: "/api/events", query: [("q", query["q"]), ("category", category?.rawValue)]
        ) {
            ListCursor(createdAt: $0.createdAt, id: $0.id.uuid)
        } representation: {
            EventRepresentation($0)
        }
    }

    private func showEvent(_ context: APIContext) async throws -> Response {
        let id = try context.id(of: Kind.Show.self)
        guard var show = try await catalogue.show(id) else { throw Problem.notFound("event") }
        if let winner = show.mergedInto, let other = try await catalogue.show(winner) { show = other }
        if show.status == .proposed || show.status == .rejected {
            try await AdminGate(users: users).proposerOrAdmin(show.proposedBy, of: "event", context)
        }
        return .json(EventRepresentation(show), headers: headers("events", id, show.id, show.version))
    }

    private func listVenues(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try Query(request.uri, names: ["q", "limit", "cursor"])
        try budget.take(addresses.of(request, context))
        let text = query["q"] ?? ""
        let page = try Pagination<ListCursor>(query, list: "venues \(text)", codec: codec)
        let found = try await catalogue.venues(
            text: SearchFilters.searchText(text), after: page.after, limit: page.limit + 1)
        return page.response(found, to: request, path: "/api/venues", query: [("q", query["q"])]) {
            ListCursor(createdAt: $0.createdAt, id: $0.id.uuid)
        } representation: {
            VenueRepresentation($0)
        }
    }

    private func showVenue(_ context: APIContext) async throws -> Response {
        let id = try context.id(of: Kind.Venue.self)
        guard var venue = try await catalogue.venue(id) else { throw Problem.notFound("venue") }
        if let winner = venue.mergedInto, let other = try await catalogue.venue(winner) { venue = other }
        if venue.status == .proposed || venue.status == .rejected {
            try await AdminGate(users: users).proposerOrAdmin(venue.proposedBy, of: "venue", context)
        }
        return .json(VenueRepresentation(venue), headers: headers("venues", id, venue.id, venue.version))
    }

    /// The `ETag` of the shown entry, and its address if the requested entry was merged into it.
    private func headers<Thing>(
        _ list: String, _ requested: Identifier<Thing>, _ shown: Identifier<Thing>, _ version: Int64
    ) -> HTTPFields {
        var headers: HTTPFields = [.eTag: EntityTag(version: version).header]
        if requested != shown {
            headers[.contentLocation] = "/api/\(list)/\(shown)"
            // The version alone would be ambiguous: the requested entry may have had the same version before it was
            // merged.
            headers[.eTag] = EntityTag(version: version, of: "\(shown)").header
        }
        return headers
    }
}

extension EntityTag {
    /// The tag of a JSON representation that depends on the version alone.
    init?(versioned json: [UInt8]) {
        struct Versioned: Decodable { let version: Int64 }
        guard let value: Versioned = try? JSONBytes.decode(from: json) else { return nil }
        self.init(version: value.version)
    }
}
