import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/admin/frozen`: the frozen paid orders of banned sellers, and the form that unfreezes an order.
struct FrozenOrderPages: Sendable {
    let pages: Pages
    let gateway: CommandGateway
    let users: UserReads
    let orders: OrderReads
    let keys: DerivedKeys

    private var gate: AdminGate { AdminGate(users: users) }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/admin/frozen") { request, context in try await list(request, context) }
        routes.post("/admin/orders/:id/unfreeze") { request, context in try await unfreeze(request, context) }
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await gate.admin(context)
        let list = ListPage(request, path: "/admin/frozen", list: "frozen orders", keys: keys)
        let found = try await orders.frozenOrders(after: list.after, limit: list.limit + 1)
        let shown = found.prefix(list.limit)
        let emails = try await users.emails(of: Set(shown.map(\.userId)))
        let visitor = Visitor(request)
        let view: View = [
            "nav": AdminNavigation.view("/admin/frozen"), "isEmpty": found.isEmpty,
            "orders": shown.map { order -> View in
                [
                    "id": order.id.description, "title": order.ticketTitle, "buyer": order.userId.description,
                    "email": emails[order.userId] ?? order.userId.description,
                    "quantity": visitor.number(order.quantity),
                    "total": visitor.formattedPrice(order.total, order.currency),
                    "starts": order.details.startsAt.map { visitor.venueTime($0, in: order.details.timeZone) },
                    "frozen": order.frozenAt.map(visitor.localTime),
                ]
            },
            "first": list.first, "more": list.more(found) { ListCursor(createdAt: $0.createdAt, id: $0.id.uuid) },
        ]
        return try pages.page("admin-frozen", view, PageHead("Frozen orders"), request, context)
    }

    private func unfreeze(_ request: Request, _ context: APIContext) async throws -> Response {
        let admin = try await gate.admin(context)
        let id = try context.pageID(of: Kind.Order.self, "order")
        let form = try await FormFields(request, context)
        let command = CommandRequest(
            request, context, actor: admin.actor, route: "POST /admin/orders/:id/unfreeze", form: form, keys: keys)
        return try await gateway.send(UnfreezeOrder(orderId: id), to: .orders, as: command)
            .redirect { _ in "/admin/orders/\(id)" }
    }
}
