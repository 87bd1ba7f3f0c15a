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
    let catalogue: CatalogueReads
    let bans: BanList
    let keys: DerivedKeys
    let budget: AddressBudget
    let addresses: ClientAddress
    /// The encoded listings and their `ETag` headers.
    private let listingJSON = MemoCache<ListingID, Listing, (json: ByteBuffer, tag: String)>(limit: 1024)
    private let searchJSON = MemoCache<String, SearchResults, CompressibleBody>(limit: 64)

    init(
        gateway: CommandGateway, listings: ListingReads, catalogue: CatalogueReads, bans: BanList, keys: DerivedKeys,
        budget: AddressBudget, addresses: ClientAddress
    ) {
        self.gateway = gateway
        self.listings = listings
        self.catalogue = catalogue
        self.bans = bans
        self.keys = keys
        self.budget = budget
        self.addresses = addresses
    }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get { request, context in try await list(request, context) }
        routes.post { request, context in try await create(request, context) }
        routes.get(":id") { request, context in try await show(request, context) }
        routes.put(":id") { request, context in try await change(request, context) }
        routes.delete(":id") { request, context in try await withdraw(request, context) }
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try Query(request.uri, names: SearchFilters.queryNames.union(["limit", "cursor", "seller"]))
        guard let seller = query["seller"] else {
            try budget.take(addresses.of(request, context))
            return try await search(query, request)
        }
        guard seller == "me" else { throw Problem.invalid("must be “me”", field: "seller") }
        for name in SearchFilters.queryNames where query[name] != nil {
            throw Problem.invalid("cannot be combined with seller=me", field: name)
        }
        return try await own(try context.requireUser(), query, request)
    }

    /// The listings on sale.
    private func search(_ query: Query, _ request: Request) async throws -> Response {
        let filters = try SearchFilters(query)
        let page = try Pagination<SearchCursor>(query, list: filters.list, codec: CursorCodec(keys: keys))
        let found = try await listings.search(filters.search, after: page.after, limit: page.limit, without: bans)
        var headers: HTTPFields = [:]
        let parameters = filters.parameters.map { ($0.name, String?.some($0.value)) }
        headers[.link] = page.link(path: "/api/tickets", query: parameters, next: found.next)
        let url = request.uri.string
        let json = searchJSON.product(url.utf8.count <= 128 ? url : nil, of: found) {
            CompressibleBody(ResponseJSON.encode(found.listings.map(\.representation)))
        }
        return .json(json, to: request, headers: headers)
    }

    /// All listings of the seller, including withdrawn ones.
    private func own(_ seller: Requester, _ query: Query, _ request: Request) async throws -> Response {
        let page = try Pagination<ListCursor>(
            query, list: "tickets of \(seller.id)", codec: CursorCodec(keys: keys))
        let found = try await listings.listings(of: seller.id, after: page.after, limit: page.limit + 1)
        return page.response(found, to: request, path: "/api/tickets", query: [("seller", "me")]) {
            ListCursor(createdAt: $0.state.createdAt, id: $0.state.id.uuid)
        } representation: {
            ListingRepresentation(toSeller: $0)
        }
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let listing = try await listing(context)
        if listing.state.takenDown != nil, context.user?.id == listing.state.sellerId {
            return .json(
                ListingRepresentation(toSeller: listing),
                headers: [.eTag: EntityTag(listing.representation).header])
        }
        let encoded = listingJSON.product(listing.state.id, of: listing) {
            let representation = listing.representation
            return (ByteBuffer(bytes: ResponseJSON.encode(representation)), EntityTag(representation).header)
        }
        return .json(encoded.json, headers: [.eTag: encoded.tag])
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let body = try await request.jsonBody(context)
        let input = try NewListingInput(body)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "POST /api/tickets", body: body, keys: keys)
        var create = CreateListing(
            title: input.title ?? "", price: input.price, currency: input.currency, faceValue: input.faceValue,
            faceCurrency: input.faceCurrency, quantity: input.quantity, splitRule: input.splitRule,
            seats: input.seats, details: input.details, userVersion: requester.version)
        if let id = input.performanceId {
            let performance = try await ListedPerformance(id, in: catalogue, for: requester)
            try performance.check(title: input.title, input.details)
            performance.complete(&create)
        }
        return try await gateway.send(create, to: .listings, as: command)
            .response(.created, tag: EntityTag.init(listing:)) { "/api/tickets/\($0)" }
    }

    private func change(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let id = try context.id(of: Kind.Listing.self)
        let body = try await request.jsonBody(context)
        let input = try ListingChangeInput(body)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "PUT /api/tickets/:id", body: body, keys: keys)
        let listing = try await ownListing(requester, context)
        let change = ChangeListing(
            ticketId: id, title: input.title, price: input.price, currency: input.currency, faceValue: input.faceValue,
            faceCurrency: input.faceCurrency, quantity: input.quantity, splitRule: input.splitRule,
            details: input.details, withdrawn: input.withdrawn,
            ifVersion: try requiredVersion(of: listing, request), userVersion: requester.version)
        return try await gateway.send(change, to: .listings, as: command)
            .response(.ok, tag: EntityTag.init(listing:))
    }

    /// Takes the listing off sale. Held and sold units are not affected.
    private func withdraw(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let id = try context.id(of: Kind.Listing.self)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "DELETE /api/tickets/:id", body: [], keys: keys)
        let listing = try await ownListing(requester, context)
        let change = ChangeListing(
            ticketId: id, withdrawn: true, ifVersion: try requiredVersion(of: listing, request),
            userVersion: requester.version)
        return try await gateway.send(change, to: .listings, as: command).response(.noContent)
    }

    private func listing(_ context: APIContext) async throws -> Listing {
        guard let listing = try await listings.listing(try context.id(of: Kind.Listing.self)) else {
            throw Problem.notFound("ticket")
        }
        return listing
    }

    private func ownListing(_ requester: Requester, _ context: APIContext) async throws -> Listing {
        let listing = try await listing(context)
        guard listing.state.sellerId == requester.id else { throw Problem.notSeller }
        return listing
    }

    private func requiredVersion(of listing: Listing, _ request: Request) throws(Problem) -> Int64? {
        try Preconditions(request.headers)
            .requiredVersion(current: listing.state.version, tag: EntityTag(listing.representation))
    }
}
