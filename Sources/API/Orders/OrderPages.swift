import HTTPTypes
import Hummingbird
import Logging
import Marketplace
import Services
import Storage

/// `/orders`: a buyer's own orders, with pages to pay for an order and to cancel it.
struct OrderPages: Sendable {
    let pages: Pages
    let gateway: CommandGateway
    let orders: OrderReads
    let payments: PaymentReads
    let keys: DerivedKeys
    private let hints = PaymentHints()

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/orders") { request, context in try await list(request, context) }
        routes.get("/orders/:id") { request, context in try await show(request, context) }
        routes.get("/orders/:id/pay") { _, context in
            Response.seeOther("/orders/\(try context.pageID(of: Kind.Order.self, "order"))")
        }
        routes.post("/orders/:id/pay") { request, context in try await pay(request, context) }
        routes.get("/orders/:id/cancel") { request, context in try await askToCancel(request, context) }
        routes.post("/orders/:id/cancel") { request, context in try await cancel(request, context) }
    }

    private func order(_ context: APIContext) async throws -> OrderState {
        let requester = try context.requireUser()
        return try await orders.ownOrder(try context.pageID(of: Kind.Order.self, "order"), of: requester)
    }

    // MARK: List

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let list = ListPage(request, path: "/orders", list: "orders of \(requester.id)", keys: keys)
        let found = try await orders.orders(of: requester.id, after: list.after, limit: list.limit + 1)
        let (visitor, now) = (Visitor(request), Timestamp.now())
        let view: View = [
            "orders": found.prefix(list.limit).map { Self.row($0, visitor, now: now) },
            "isEmpty": found.isEmpty && list.after == nil,
            "first": list.first,
            "more": list.more(found) { ListCursor(createdAt: $0.createdAt, id: $0.id.uuid) },
        ]
        return try pages.page("orders", view, PageHead("Your orders"), request, context)
    }

    private static func row(_ order: OrderState, _ visitor: Visitor, now: Timestamp) -> View {
        let status = OrderStatusView(order, now: now)
        return [
            "id": order.id.description, "title": order.ticketTitle, "quantity": visitor.number(order.quantity),
            "total": visitor.formattedPrice(order.total, order.currency), "made": visitor.localTime(order.createdAt),
            "when": order.details.startsAt.map { visitor.venueTime($0, in: order.details.timeZone) },
            "place": order.details.place, "state": status.name, "tone": status.tone,
        ]
    }

    // MARK: One order

    /// The page of an order. Stripe's page redirects the buyer here.
    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let order = try await order(context)
        let isCheckoutOpen = try await pollPayment(of: order, context)
        let visitor = Visitor(request)
        var head = PageHead("Order: \(order.ticketTitle)")
        if isCheckoutOpen || order.status == .confirmed {
            let isReturning = request.uri.queryParameters["paid"] != nil
            head.refresh = .init(
                seconds: isReturning || order.status == .confirmed ? 5 : 15,
                path: "/orders/\(order.id)" + (isReturning ? "?paid=1" : ""), isForNoScript: true)
        }
        let view = OrderPages.live(order, visitor).merging([
            "live": "/live/orders/\(order.id)", "facts": Self.facts(order, visitor),
        ])
        return try pages.page("order", view, head, request, context)
    }

    /// Asks the payments service to poll Stripe while a payment may be in progress, because the webhook may be late or
    /// lost.
    ///
    /// - Returns: `true` if the order has an open checkout page.
    private func pollPayment(of order: OrderState, _ context: APIContext) async throws -> Bool {
        guard order.status == .awaitingPayment else { return false }
        do {
            guard let attempt = try await payments.lastAttempt(of: order.id), attempt.state == .open else {
                return false
            }
            // If a poll is due, the payments service polls without a request.
            if let pollAt = attempt.pollAt, pollAt <= .now() { return true }
            guard hints.shouldAsk(for: order.id) else { return true }
            var command = CommandRequest(
                id: .new(), actor: .user(order.userId), trace: context.trace, preference: Preference(waitSeconds: 0))
            command.preference.respondAsync = true
            _ = try await gateway.send(CheckPayment(orderId: order.id), to: .payments, as: command)
            return true
        } catch {
            // The page is useful without the poll: the webhook and the sweep also report the payment.
            context.logger.notice("Could not poll a payment", metadata: ["error": "\(error)"])
            return false
        }
    }

    private static func facts(_ order: OrderState, _ visitor: Visitor) -> View {
        let details = order.details
        return [
            "number": order.id.description, "title": order.ticketTitle, "ticket": "/tickets/\(order.ticketId)",
            "when": details.startsAt.map { visitor.venueTime($0, in: details.timeZone) }, "place": details.place,
            "section": details.section, "row": details.row, "note": details.note,
            "seats": order.seats.map { $0.count > 1 ? "\(SeatText.list($0)) together" : SeatText.list($0) },
            "quantity": visitor.number(order.quantity), "price": visitor.formattedPrice(order.allIn, order.currency),
            "fees": order.allIn == order.price
                ? [] : PriceView.rows(order.pricing.breakdown(of: order.price), order.currency, visitor),
            "total": visitor.formattedPrice(order.total, order.currency), "made": visitor.localTime(order.createdAt),
        ]
    }

    // MARK: Paying

    /// Redirects to Stripe's checkout page. Repeated requests lead to the same page while it is open.
    private func pay(_ request: Request, _ context: APIContext) async throws -> Response {
        let order = try await order(context)
        let page = "/orders/\(order.id)"
        // The order's page shows the current status.
        guard order.status == .awaitingPayment, order.expiresAt > .now() else { return .seeOther(page) }
        let command = CommandRequest(request, context, actor: .user(order.userId))
        do {
            let answer = try await gateway.send(
                StartPayment(orderId: order.id, orderVersion: order.version), to: .payments, as: command)
            guard let checkout = try answer.decodeResult(Checkout.self) else { return answer.redirect { _ in page } }
            return .seeOther(checkout.url)
        } catch let problem as Problem where problem.code == Refusal.Code.notPayable.kebab {
            return try await cannotBePaid(problem, order, request, context)
        }
    }

    private func cannotBePaid(
        _ problem: Problem, _ before: OrderState, _ request: Request, _ context: APIContext
    ) async throws -> Response {
        let page = "/orders/\(before.id)"
        let order = try await orders.order(before.id) ?? before
        let attempt = try await payments.lastAttempt(of: order.id)
        let hasEnded = attempt.map { $0.state.isFinal } ?? true
        guard order.status == .awaitingPayment, order.expiresAt > .now(), hasEnded else { return .seeOther(page) }
        let visitor = Visitor(request)
        let isTooSmall = attempt?.failure == "amount_too_small"
        let view = OutcomePage.view(
            title: isTooSmall ? "This amount is too small to pay" : "This order can't be paid right now",
            isTooSmall
                ? "Stripe can't take payments as small as \(visitor.formattedPrice(order.total, order.currency)). "
                    + "You were not charged. You can cancel this order and get more tickets in one order."
                : FormFields.sentence(problem.detail) + " You were not charged.",
            links: [
                .init("Back to the order", page), .init("Cancel order", page + "/cancel", isQuiet: true),
            ])
        return try pages.page(
            "outcome", view, PageHead("This order can't be paid"), status: problem.status, request, context)
    }

    // MARK: Cancelling

    private func askToCancel(_ request: Request, _ context: APIContext) async throws -> Response {
        let order = try await order(context)
        guard order.status == .awaitingPayment else { return .seeOther("/orders/\(order.id)") }
        let view: View = [
            "id": order.id.description, "title": order.ticketTitle, "isOne": order.quantity == 1,
            "quantity": Visitor(request).number(order.quantity), "key": FormKey.make(),
        ]
        return try pages.page("order-cancel", view, PageHead("Cancel this order?"), request, context)
    }

    private func cancel(_ request: Request, _ context: APIContext) async throws -> Response {
        let order = try await order(context)
        let form = try await FormFields(request, context)
        let command = CommandRequest(
            request, context, actor: .user(order.userId), route: "POST /orders/:id/cancel", form: form, keys: keys)
        let page = "/orders/\(order.id)"
        do {
            return try await gateway.send(CancelOrder(orderId: order.id), to: .orders, as: command)
                .redirect { _ in page }
        } catch let problem as Problem where problem.code == Refusal.Code.notCancellable.kebab {
            let view = OutcomePage.view(
                title: "This order is paid",
                "Your payment arrived before the order could be cancelled. A paid order can't be cancelled.",
                links: [.init("Back to the order", page)])
            return try pages.page(
                "outcome", view, PageHead("This order is paid"), status: problem.status, request, context)
        }
    }
}
