import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/api/orders`: list, create, read and cancel orders. Only the buyer of an order sees it.
struct OrderRoutes: Sendable {
    let gateway: CommandGateway
    let orders: OrderReads
    let listings: ListingReads
    let keys: DerivedKeys

    private static let newOrder = EntityTag(version: 1)

    func add(to routes: RouterGroup<APIContext>) {
        routes.get { request, context in try await list(request, context) }
        routes.post { request, context in try await create(request, context) }
        routes.get(":id") { request, context in try await show(request, context) }
        routes.delete(":id") { request, context in try await cancel(request, context) }
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let page = try Pagination<ListCursor>(
            try Query(request.uri, names: ["limit", "cursor"]), list: "orders of \(requester.id)",
            codec: CursorCodec(keys: keys))
        let found = try await orders.orders(of: requester.id, after: page.after, limit: page.limit + 1)
        return page.response(found, to: request, path: "/api/orders") {
            ListCursor(createdAt: $0.createdAt, id: $0.id.uuid)
        } representation: {
            OrderRepresentation($0)
        }
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let order = try await orders.ownOrder(of: try context.requireUser(), context)
        return .json(OrderRepresentation(order), headers: [.eTag: EntityTag(version: order.version).header])
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let body = try await request.jsonBody(context)
        let input = try NewOrderInput(body)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "POST /api/orders", body: body, keys: keys)
        // The current version, from the schema that owns listings. The orders service defers the command until its copy
        // of the listing has this version.
        guard let version = try await listings.version(of: input.ticketID) else { throw Problem.notFound("ticket") }
        let create = CreateOrder(
            ticketId: input.ticketID, quantity: input.quantity, seats: input.seats, price: input.price,
            currency: input.currency, ticketVersion: version, userVersion: requester.version)
        return try await gateway.send(create, to: .orders, as: command)
            // A new order has version 1.
            .response(.created, tag: { _ in Self.newOrder }) { "/api/orders/\($0)" }
    }

    private func cancel(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let order = try await orders.ownOrder(of: requester, context)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "DELETE /api/orders/:id", body: [], keys: keys)
        // A request with an idempotency key may be a repeat, and then the first request may have changed the version.
        if command.fingerprint == nil {
            try Preconditions(request.headers).check(current: order.version, tag: EntityTag(version: order.version))
        }
        return try await gateway.send(CancelOrder(orderId: order.id), to: .orders, as: command).response(.noContent)
    }
}

extension OrderReads {
    /// The order with the id in the path.
    ///
    /// - Throws: ``Problem`` (404) if there is no such order, and (403) if the requester is not its buyer.
    func ownOrder(of requester: Requester, _ context: APIContext) async throws -> OrderState {
        try await ownOrder(try context.id(of: Kind.Order.self), of: requester)
    }

    func ownOrder(_ id: OrderID, of requester: Requester) async throws -> OrderState {
        guard let order = try await order(id) else { throw Problem.notFound("order") }
        guard order.userId == requester.id else { throw Problem.forbidden("the order belongs to another user") }
        return order
    }
}
