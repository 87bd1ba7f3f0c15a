import HTTPTypes
import Hummingbird
import Marketplace
import Storage

/// Orders, each seen by its buyer alone.
struct OrderRoutes: Sendable {
    let gateway: CommandGateway
    let orders: OrderReads
    let tickets: TicketReads
    let keys: DerivedKeys

    func add(to routes: RouterGroup<APIContext>) {
        routes.get { request, context in try await list(request, context) }
        routes.post { request, context in try await create(request, context) }
        routes.get(":id") { request, context in try await show(request, context) }
        routes.delete(":id") { request, context in try await cancel(request, context) }
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let list = "orders of \(requester.id)"
        let page = try Page(
            try Query(request.uri, names: ["limit", "cursor"]), list: list, cursors: Cursor(keys: keys))
        let found = try await orders.orders(of: requester.id, after: page.after, limit: page.limit + 1)
        let shown = found.prefix(page.limit)
        var headers: HTTPFields = [:]
        if found.count > page.limit, let last = shown.last {
            headers[.link] = page.link(
                path: "/api/orders", next: ListPlace(createdAt: last.createdAt, id: last.id.uuid), list: list,
                cursors: Cursor(keys: keys))
        }
        return .json(shown.map(OrderRepresentation.init), headers: headers)
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(OrderRepresentation(try await orders.ownOrder(of: try context.requireUser(), context)))
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let body = try await request.jsonBody(context)
        let input = try NewOrderInput(body)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "POST /api/orders", body: body, keys: keys)
        // What the owning schema says now: the orders service puts the order off until its own copy is as new.
        guard let version = try await tickets.version(of: input.ticketID) else { throw Problem.notFound("ticket") }
        let create = CreateOrder(
            ticketId: input.ticketID, quantity: input.quantity, price: input.price, currency: input.currency,
            ticketVersion: version, userVersion: requester.version)
        return try await gateway.send(create, to: .orders, as: command).response(.created) { "/api/orders/\($0)" }
    }

    private func cancel(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let order = try await orders.ownOrder(of: requester, context)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "DELETE /api/orders/:id", body: [], keys: keys)
        return try await gateway.send(CancelOrder(orderId: order.id), to: .orders, as: command).response(.noContent)
    }
}

extension OrderReads {
    /// The order that the path names, when it is the requester's.
    func ownOrder(of requester: Requester, _ context: APIContext) async throws -> OrderState {
        try await ownOrder(try context.id(of: Kind.Order.self), of: requester)
    }

    func ownOrder(_ id: OrderID, of requester: Requester) async throws -> OrderState {
        guard let order = try await order(id) else { throw Problem.notFound("order") }
        guard order.userId == requester.id else { throw Problem.forbidden("this is the order of another user") }
        return order
    }
}
