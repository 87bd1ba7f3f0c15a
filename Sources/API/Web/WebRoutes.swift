import Hummingbird
import Logging
import Marketplace
import Storage

/// The pages.
struct WebRoutes: Sendable {
    let gateway: CommandGateway
    let orders: OrderReads
    let pages: Pages

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/") { request, context in
            try pages.page("home", [:], PageHead("Tickets from fans to fans", canonical: "/"), request, context)
        }
        routes.get("/orders/:id") { request, context in try await order(request, context) }
    }

    /// Where Stripe's page sends the buyer back to. Being back is a hint to look at the payment now: the webhook may be
    /// late, or lost.
    private func order(_ request: Request, _ context: APIContext) async throws -> Response {
        let order = try await orders.ownOrder(of: try context.requireUser(), context)
        if order.status == .awaitingPayment {
            var command = CommandRequest(
                id: .new(), actor: .user(order.userId), trace: context.trace, preference: Preference(waitSeconds: 0))
            command.preference.respondAsync = true
            do {
                _ = try await gateway.send(CheckPayment(orderId: order.id), to: .payments, as: command)
            } catch {
                // The page is worth showing without it: the webhook and the sweep look as well.
                context.logger.notice("a payment was not looked at", metadata: ["error": "\(error)"])
            }
        }
        return .html(Self.page(OrderRepresentation(order)))
    }

    private static func page(_ order: OrderRepresentation) -> String {
        HTML.page(
            title: "Order · GitTix",
            """
            <h1>Your order</h1>
            <p>\(order.quantity) × \(order.ticket.title)</p>
            <p>Total: \(Self.amount(order.total, order.currency))</p>
            <p>State: <strong>\(Self.words(order))</strong></p>
            <p><a href="/orders/\(order.id)">Look again</a></p>
            """)
    }

    private static func words(_ order: OrderRepresentation) -> String {
        switch order.status {
        case .awaitingPayment: "waiting for the payment, until \(order.expiresAt)"
        case .confirmed: "payment received, being completed"
        case .complete: "complete"
        case .refunded: "refunded"
        case .cancelled:
            switch order.reason {
            case .cancelledByBuyer: "cancelled by you"
            case .expired: "expired"
            case .buyerBanned: "cancelled: the account is banned"
            case .paymentFailed: "cancelled: the payment failed"
            case nil: "cancelled"
            }
        }
    }

    /// `19.99 USD`, written without floating point.
    static func amount(_ minorUnits: Int64, _ currency: Currency) -> String {
        let digits = currency.minorDigits
        guard digits > 0 else { return "\(minorUnits) \(currency)" }
        let text = String(minorUnits)
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        return "\(padded.dropLast(digits)).\(padded.suffix(digits)) \(currency)"
    }
}
