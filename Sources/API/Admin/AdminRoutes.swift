import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/api/admin`: all users and all orders, for admins. Other users get 403.
struct AdminRoutes: Sendable {
    let gateway: CommandGateway
    let users: UserReads
    let orders: OrderReads
    let keys: DerivedKeys

    private var gate: AdminGate { AdminGate(users: users) }
    private var codec: CursorCodec { CursorCodec(keys: keys) }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("users") { request, context in try await listUsers(request, context) }
        routes.get("users/:id") { _, context in try await showUser(context) }
        routes.post("users/:id/ban") { request, context in try await ban(request, context) }
        routes.delete("users/:id/ban") { request, context in try await unban(request, context) }
        routes.get("orders") { request, context in try await listOrders(request, context) }
        routes.get("orders/:id") { _, context in try await showOrder(context) }
    }

    // MARK: Users

    private func listUsers(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await gate.admin(context)
        let query = try Query(request.uri, names: ["q", "status", "limit", "cursor"])
        let filters = try AdminFilters<UserState.Status>(q: query["q"], status: query["status"])
        let page = try Pagination<ListCursor>(query, list: "users \(filters.text)", codec: codec)
        let found = try await users.accounts(
            AccountSearch(text: filters.q, status: filters.status), after: page.after, limit: page.limit + 1)
        return page.response(found, to: request, path: "/api/admin/users", query: filters.query) {
            ListCursor(createdAt: $0.createdAt, id: $0.id.uuid)
        } representation: {
            $0
        }
    }

    private func showUser(_ context: APIContext) async throws -> Response {
        _ = try await gate.admin(context)
        return .json(try await users.existingAccount(context))
    }

    private func ban(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try await gate.admin(context)
        let id = try context.id(of: Kind.User.self)
        let body = try await request.jsonBody(context)
        let input = try BanInput(body)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "POST /api/admin/users/:id/ban", body: body, keys: keys)
        return try await gateway.send(
            BanUser(userId: id, reason: input.reason, freezesOrders: input.freezesOrders), to: .users, as: command
        ).response(.ok)
    }

    private func unban(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try await gate.admin(context)
        let id = try context.id(of: Kind.User.self)
        let query = try Query(request.uri, names: ["unfreezeOrders"])
        let unfreezes = query["unfreezeOrders"]
        guard unfreezes == nil || unfreezes == "true" || unfreezes == "false" else {
            throw Problem.invalid("must be true or false", field: "unfreezeOrders")
        }
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "DELETE /api/admin/users/:id/ban",
            body: Array((unfreezes ?? "").utf8), keys: keys)
        return try await gateway.send(
            UnbanUser(userId: id, unfreezesOrders: unfreezes == "true" ? true : nil), to: .users, as: command
        ).response(.ok)
    }

    // MARK: Orders

    private func listOrders(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await gate.admin(context)
        let query = try Query(request.uri, names: ["q", "status", "limit", "cursor"])
        let filters = try AdminFilters<OrderState.Status>(q: query["q"], status: query["status"])
        let page = try Pagination<ListCursor>(query, list: "all orders \(filters.text)", codec: codec)
        guard let search = try await users.orderSearch(filters) else { return .json([OrderRepresentation]()) }
        let found = try await orders.orders(search, after: page.after, limit: page.limit + 1)
        return page.response(found, to: request, path: "/api/admin/orders", query: filters.query) {
            ListCursor(createdAt: $0.createdAt, id: $0.id.uuid)
        } representation: {
            OrderRepresentation($0)
        }
    }

    private func showOrder(_ context: APIContext) async throws -> Response {
        _ = try await gate.admin(context)
        return .json(OrderRepresentation(try await orders.existingOrder(context)))
    }
}

extension UserReads {
    /// The account with the id in the path.
    ///
    /// - Throws: ``Problem`` (404) if there is no such user.
    func existingAccount(_ context: APIContext) async throws -> AccountRepresentation {
        guard let account = try await account(try context.id(of: Kind.User.self)) else {
            throw Problem.notFound("user")
        }
        return account
    }

    /// Returns `nil` if no order can match, because the text is neither an id nor the address of an account.
    func orderSearch(_ filters: AdminFilters<OrderState.Status>) async throws -> OrderSearch? {
        guard let q = filters.q else { return OrderSearch(status: filters.status) }
        // The id of an order, a listing or a buyer: all are UUIDs.
        if let id = OrderID(q) { return OrderSearch(subject: .any(id.uuid), status: filters.status) }
        guard let email = EmailAddress(q), let buyer = try await id(of: email) else { return nil }
        return OrderSearch(subject: .buyer(buyer), status: filters.status)
    }
}

extension OrderReads {
    /// The order with the id in the path, of any buyer.
    ///
    /// - Throws: ``Problem`` (404) if there is no such order.
    func existingOrder(_ context: APIContext) async throws -> OrderState {
        guard let order = try await order(try context.id(of: Kind.Order.self)) else { throw Problem.notFound("order") }
        return order
    }
}
