import HTTPTypes
import Hummingbird
import Marketplace
import Storage

/// What admins see and do: all users and all orders. Everyone else is told 403.
struct AdminRoutes: Sendable {
    let gateway: CommandGateway
    let users: UserReads
    let orders: OrderReads
    let keys: DerivedKeys

    private var gate: AdminGate { AdminGate(users: users) }
    private var cursors: Cursor { Cursor(keys: keys) }

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
        let list = "users \(filters.text)"
        let page = try Page(query, list: list, cursors: cursors)
        let found = try await users.accounts(
            AccountSearch(text: filters.q, status: filters.status), after: page.after, limit: page.limit + 1)
        let shown = found.prefix(page.limit)
        var headers: HTTPFields = [:]
        if found.count > page.limit, let last = shown.last {
            headers[.link] = page.link(
                path: "/api/admin/users", query: filters.query,
                next: ListPlace(createdAt: last.createdAt, id: last.id.uuid), list: list, cursors: cursors)
        }
        return .json(Array(shown), headers: headers)
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
        return try await gateway.send(BanUser(userId: id, reason: input.reason), to: .users, as: command)
            .response(.ok)
    }

    private func unban(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try await gate.admin(context)
        let id = try context.id(of: Kind.User.self)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "DELETE /api/admin/users/:id/ban", body: [], keys: keys)
        return try await gateway.send(UnbanUser(userId: id), to: .users, as: command).response(.ok)
    }

    // MARK: Orders

    private func listOrders(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await gate.admin(context)
        let query = try Query(request.uri, names: ["q", "status", "limit", "cursor"])
        let filters = try AdminFilters<OrderState.Status>(q: query["q"], status: query["status"])
        let list = "all orders \(filters.text)"
        let page = try Page(query, list: list, cursors: cursors)
        guard let search = try await users.orderSearch(filters) else { return .json([OrderRepresentation]()) }
        let found = try await orders.orders(search, after: page.after, limit: page.limit + 1)
        let shown = found.prefix(page.limit)
        var headers: HTTPFields = [:]
        if found.count > page.limit, let last = shown.last {
            headers[.link] = page.link(
                path: "/api/admin/orders", query: filters.query,
                next: ListPlace(createdAt: last.createdAt, id: last.id.uuid), list: list, cursors: cursors)
        }
        return .json(shown.map(OrderRepresentation.init), headers: headers)
    }

    private func showOrder(_ context: APIContext) async throws -> Response {
        _ = try await gate.admin(context)
        return .json(OrderRepresentation(try await orders.existingOrder(context)))
    }
}

extension UserReads {
    /// The account that the path names.
    func existingAccount(_ context: APIContext) async throws -> AccountRepresentation {
        guard let account = try await account(try context.id(of: Kind.User.self)) else {
            throw Problem.notFound("user")
        }
        return account
    }

    /// Nil when nothing can be found: an address that nobody has, or what is neither an id nor an address.
    func orderSearch(_ filters: AdminFilters<OrderState.Status>) async throws -> OrderSearch? {
        guard let q = filters.q else { return OrderSearch(status: filters.status) }
        // An order's, a ticket's or a buyer's: all are UUIDs.
        if let id = OrderID(q) { return OrderSearch(subject: .any(id.uuid), status: filters.status) }
        guard let email = EmailAddress(q), let buyer = try await id(of: email) else { return nil }
        return OrderSearch(subject: .buyer(buyer), status: filters.status)
    }
}

extension OrderReads {
    /// The order that the path names, whosever it is.
    func existingOrder(_ context: APIContext) async throws -> OrderState {
        guard let order = try await order(try context.id(of: Kind.Order.self)) else { throw Problem.notFound("order") }
        return order
    }
}
