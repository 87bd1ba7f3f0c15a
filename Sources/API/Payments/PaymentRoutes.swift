import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `POST /api/payments`: starts the payment of an order.
struct PaymentRoutes: Sendable {
    let gateway: CommandGateway
    let orders: OrderReads
    let keys: DerivedKeys

    func add(to routes: RouterGroup<APIContext>) {
        routes.post { request, context in try await start(request, context) }
    }

    /// Opens a Checkout page, or returns the open one.
    private func start(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let body = try await request.jsonBody(context)
        var fields = try JSONFields(body)
        let id = fields.id("orderId", of: Kind.Order.self)
        guard fields.finish(), let id else { throw fields.problem }
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "POST /api/payments", body: body, keys: keys)
        let order = try await orders.ownOrder(id, of: requester)
        // A request with an `Idempotency-Key` may repeat a request that succeeded while the order was payable, so the
        // service decides.
        if command.fingerprint == nil {
            guard order.status == .awaitingPayment, order.expiresAt > command.at else {
                throw Problem(.notPayable(order.status, field: "orderId"))
            }
        }
        return try await gateway.send(
            StartPayment(orderId: id, orderVersion: order.version), to: .payments, as: command
        ).response(.created)
    }
}
