import HTTPTypes
import Hummingbird
import Marketplace
import NIOCore
import Services
import Storage

/// `/api/tickets`: search, read, create, change and withdraw listings.
struct ListingRoutes: Sendable {
    let gateway: CommandGateway
    let listings: ListingReads
    let bans: BanList
    let keys: DerivedKeys
    private let listingJSON = MemoCache<ListingID, Listing, ByteBuffer>(limit: 1024)
    private let searchJSON = MemoCache<String, SearchResults, ByteBuffer>(limit: 64)

    init(gateway: CommandGateway, listings: ListingReads, bans: BanList, keys: DerivedKeys) {
        self.gateway = gateway
        self.listings = listings
        self.bans = bans
        self.keys = keys
    }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get { request, context in try await list(request, context) }
        routes.post { request, context in try await create(request, context) }
        routes.get(":id") { request, context in try await show(request, context) }
        routes.put(":id") { request, context in try await change(request, context) }
        routes.delete(":id") { request, context in try await withdraw(request, context) }
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try Query(request.uri, names: SearchFilters.names.union(["limit", "cursor", "seller"]))
        guard let seller = query["seller"] else { return try await search(query, request) }
        guard seller == "me" else { throw Problem.invalid("must be “me”", field: "seller") }
        for name in SearchFilters.names where query[name] != nil {
            throw Problem.invalid("cannot be combined with seller=me", field: name)
        }
        return try await own(try context.requireUser(), query)
    }

    /// The listings on sale.
    private func search(_ query: Query, _ request: Request) async throws -> Response {
        let filters = try SearchFilters(query)
        let page = try Pagination<SearchCursor>(query, list: filters.list, codec: CursorCodec(keys: keys))
        let found = try await listings.search(filters.search, after: page.after, limit: page.limit, without: bans)
        var headers: HTTPFields = [:]
        if let next = found.next {
            let parameters = filters.parameters.map { ($0.name, String?.some($0.value)) }
            headers[.link] = page.link(path: "/api/tickets", query: parameters, next: next)
        }
        let url = request.uri.string
        let json = searchJSON.product(url.utf8.count <= 128 ? url : nil, of: found) {
            ByteBuffer(bytes: ResponseJSON.encode(found.listings.map(\.representation)))
        }
        return .json(json, headers: headers)
    }

    /// All listings of the seller, withdrawn ones too.
    private func own(_ seller: Requester, _ query: Query) async throws -> Response {
        let page = try Pagination<ListCursor>(
            query, list: "tickets of \(seller.id)", codec: CursorCodec(keys: keys))
        let found = try await listings.listings(of: seller.id, after: page.after, limit: page.limit + 1)
        return page.response(found, path: "/api/tickets", query: [("seller", "me")]) {
            ListCursor(createdAt: $0.state.createdAt, id: $0.state.id.uuid)
        } representation: {
            $0.representation
        }
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let listing = try await listing(context)
        let json = listingJSON.product(listing.state.id, of: listing) {
            ByteBuffer(bytes: ResponseJSON.encode(listing.representation))
        }
        return .json(json, headers: [.eTag: EntityTag.text(listing.state.version)])
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let body = try await request.jsonBody(context)
        let input = try NewListingInput(body)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "POST /api/tickets", body: body, keys: keys)
        let create = CreateListing(
            title: input.title, price: input.price, currency: input.currency, quantity: input.quantity,
            details: input.details, userVersion: requester.version)
        return try await gateway.send(create, to: .listings, as: command)
            .response(.created) { "/api/tickets/\($0)" }
    }

    private func change(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let id = try context.id(of: Kind.Listing.self)
        let body = try await request.jsonBody(context)
        let input = try ListingChangeInput(body)
        let change = ChangeListing(
            ticketId: id, title: input.title, price: input.price, currency: input.currency, quantity: input.quantity,
            details: input.details, withdrawn: input.withdrawn, ifVersion: try EntityTag.ifMatch(request.headers),
            userVersion: requester.version)
        try await checkSeller(requester, context)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "PUT /api/tickets/:id", body: body, keys: keys)
        return try await gateway.send(change, to: .listings, as: command).response(.ok)
    }

    /// Withdraws the units that are not ordered.
    private func withdraw(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let change = ChangeListing(
            ticketId: try context.id(of: Kind.Listing.self), withdrawn: true,
            ifVersion: try EntityTag.ifMatch(request.headers), userVersion: requester.version)
        try await checkSeller(requester, context)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "DELETE /api/tickets/:id", body: [], keys: keys)
        return try await gateway.send(change, to: .listings, as: command).response(.noContent)
    }

    private func listing(_ context: APIContext) async throws -> Listing {
        guard let listing = try await listings.listing(try context.id(of: Kind.Listing.self)) else {
            throw Problem.notFound("ticket")
        }
        return listing
    }

    private func checkSeller(_ requester: Requester, _ context: APIContext) async throws {
        guard try await listing(context).state.sellerId == requester.id else {
            throw Problem.notSeller
        }
    }
}
