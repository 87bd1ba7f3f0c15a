import HTTPTypes
import Hummingbird
import Marketplace
import Storage

/// Paying an order.
struct PaymentRoutes: Sendable {
    let gateway: CommandGateway
    let orders: OrderReads
    let keys: DerivedKeys

    func add(to routes: RouterGroup<APIContext>) {
        routes.post { request, context in try await start(request, context) }
    }

    /// Opens a page to pay at, or gives the one that is open.
    private func start(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let body = try await request.jsonBody(context)
        var fields = try JSONFields(body)
        let id = fields.id("orderId", of: Kind.Order.self)
        guard fields.finish(), let id else { throw fields.problem }
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "POST /api/payments", body: body, keys: keys)
        let order = try await orders.ownOrder(id, of: requester)
        // A repeat may be of a request that was answered when the order could be paid: then the service tells.
        if command.fingerprint == nil {
            guard order.status == .awaitingPayment, order.expiresAt > command.at else {
                throw Problem(Refusal(.notPayable, Self.reason(order), field: "orderId"))
            }
        }
        return try await gateway.send(
            StartPayment(orderId: id, orderVersion: order.version), to: .payments, as: command
        ).response(.created)
    }

    private static func reason(_ order: OrderState) -> String {
        switch order.status {
        case .awaitingPayment: "The time to pay this order is over. Order again."
        case .confirmed, .complete: "This order is paid already."
        case .cancelled: "This order is cancelled. Order again."
        case .refunded: "This order was refunded. Order again."
        }
    }
}
