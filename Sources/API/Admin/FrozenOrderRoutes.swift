import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/api/admin/frozen-orders`: the frozen paid orders of banned sellers, and the route that unfreezes an order.
struct FrozenOrderRoutes: Sendable {
    let gateway: CommandGateway
    let users: UserReads
    let orders: OrderReads
    let keys: DerivedKeys

    private var gate: AdminGate { AdminGate(users: users) }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("frozen-orders") { request, context in try await listFrozen(request, context) }
        routes.delete("orders/:id/freeze") { request, context in try await unfreeze(request, context) }
    }

    private func listFrozen(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await gate.admin(context)
        let query = try Query(request.uri, names: ["limit", "cursor"])
        let page = try Pagination<ListCursor>(query, list: "frozen orders", codec: CursorCodec(keys: keys))
        let found = try await orders.frozenOrders(after: page.after, limit: page.limit + 1)
        return page.response(found, to: request, path: "/api/admin/frozen-orders") {
            ListCursor(createdAt: $0.createdAt, id: $0.id.uuid)
        } representation: {
            OrderRepresentation($0)
        }
    }

    private func unfreeze(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try await gate.admin(context)
        let id = try context.id(of: Kind.Order.self)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "DELETE /api/admin/orders/:id/freeze", body: [],
            keys: keys)
        return try await gateway.send(UnfreezeOrder(orderId: id), to: .orders, as: command).response(.ok)
    }
}
