import HTTPTypes
import Hummingbird
import Marketplace
import NIOCore
import Storage

/// Listings.
struct TicketRoutes: Sendable {
    let gateway: CommandGateway
    let tickets: TicketReads
    let keys: DerivedKeys
    private let kept = Kept<TicketID, Listing, ByteBuffer>(limit: 1024)
    private let keptPages = Kept<String, SearchResults, ByteBuffer>(limit: 64)

    init(gateway: CommandGateway, tickets: TicketReads, keys: DerivedKeys) {
        self.gateway = gateway
        self.tickets = tickets
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
        let query = try Query(request.uri, names: TicketFilters.names.union(["limit", "cursor", "seller"]))
        guard let seller = query["seller"] else { return try await search(query, request) }
        guard seller == "me" else { throw Problem.invalid("must be me", field: "seller") }
        for name in TicketFilters.names where query[name] != nil {
            throw Problem.invalid("is not a parameter of one's own listings", field: name)
        }
        return try await own(try context.requireUser(), query)
    }

    /// What is on sale.
    private func search(_ query: Query, _ request: Request) async throws -> Response {
        let filters = try TicketFilters(query)
        let limit = try Page.limit(query)
        let cursors = Cursor(keys: keys)
        var place: SearchPlace?
        if let text = query["cursor"] {
            guard let found = cursors.place(text, list: filters.list, as: SearchPlace.self) else {
                throw Problem.invalid("must be taken from the Link header of this list", field: "cursor")
            }
            place = found
        }
        let found = try await tickets.search(filters.search, after: place, limit: limit)
        var headers: HTTPFields = [:]
        if let next = found.next {
            let parameters =
                filters.parameters.map { ($0.name, $0.value) }
                + [("limit", "\(limit)"), ("cursor", cursors.text(next, list: filters.list))]
            headers[.link] = "</api/tickets\(URLText.query(parameters))>; rel=\"next\""
        }
        let address = request.uri.string
        let json = keptPages.product(address.utf8.count <= 128 ? address : nil, of: found) {
            ByteBuffer(bytes: JSONText.of(found.listings.map(\.representation)))
        }
        return .json(json, headers: headers)
    }

    /// All of one's own.
    private func own(_ seller: Requester, _ query: Query) async throws -> Response {
        let list = "tickets of \(seller.id)"
        let page = try Page(query, list: list, cursors: Cursor(keys: keys))
        // One more than asked for tells whether another page follows.
        let found = try await tickets.listings(of: seller.id, after: page.after, limit: page.limit + 1)
        let shown = found.prefix(page.limit)
        var headers: HTTPFields = [:]
        if found.count > page.limit, let last = shown.last?.state {
            headers[.link] = page.link(
                path: "/api/tickets", query: [("seller", "me")],
                next: ListPlace(createdAt: last.createdAt, id: last.id.uuid), list: list, cursors: Cursor(keys: keys))
        }
        return .json(shown.map(\.representation), headers: headers)
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let listing = try await listing(context)
        let json = kept.product(listing.state.id, of: listing) {
            ByteBuffer(bytes: JSONText.of(listing.representation))
        }
        return .json(json, headers: [.eTag: EntityTag.text(listing.state.version)])
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let body = try await request.jsonBody(context)
        let input = try NewTicketInput(body)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "POST /api/tickets", body: body, keys: keys)
        let create = CreateTicket(
            title: input.title, price: input.price, currency: input.currency, quantity: input.quantity,
            details: input.details, userVersion: requester.version)
        return try await gateway.send(create, to: .tickets, as: command)
            .response(.created) { "/api/tickets/\($0)" }
    }

    private func change(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let id = try context.id(of: Kind.Ticket.self)
        let body = try await request.jsonBody(context)
        let input = try TicketChangeInput(body)
        let change = ChangeTicket(
            ticketId: id, title: input.title, price: input.price, currency: input.currency, quantity: input.quantity,
            details: input.details, withdrawn: input.withdrawn, ifVersion: try EntityTag.ifMatch(request.headers),
            userVersion: requester.version)
        try await checkSeller(requester, context)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "PUT /api/tickets/:id", body: body, keys: keys)
        return try await gateway.send(change, to: .tickets, as: command).response(.ok)
    }

    /// Takes off sale what is still free.
    private func withdraw(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let change = ChangeTicket(
            ticketId: try context.id(of: Kind.Ticket.self), withdrawn: true,
            ifVersion: try EntityTag.ifMatch(request.headers), userVersion: requester.version)
        try await checkSeller(requester, context)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "DELETE /api/tickets/:id", body: [], keys: keys)
        return try await gateway.send(change, to: .tickets, as: command).response(.noContent)
    }

    private func listing(_ context: APIContext) async throws -> Listing {
        guard let listing = try await tickets.listing(try context.id(of: Kind.Ticket.self)) else {
            throw Problem.notFound("ticket")
        }
        return listing
    }

    private func checkSeller(_ requester: Requester, _ context: APIContext) async throws {
        guard try await listing(context).state.sellerId == requester.id else {
            throw Problem.forbidden("only its seller may change a listing")
        }
    }
}
