import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/admin/orders`: the orders of all users, and the page of one order.
struct AdminOrderPages: Sendable {
    let pages: Pages
    let users: UserReads
    let orders: OrderReads
    let listings: ListingReads
    let payments: PaymentReads
    let keys: DerivedKeys

    private var gate: AdminGate { AdminGate(users: users) }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/admin/orders") { request, context in try await list(request, context) }
        routes.get("/admin/orders/:id") { request, context in try await show(request, context) }
    }

    // MARK: List

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await gate.admin(context)
        let search = AdminSearch<OrderState.Status>(request)
        let list = ListPage(
            request, path: "/admin/orders", query: search.query, list: "all orders \(search.filters.text)", keys: keys)
        var found: [OrderState] = []
        if search.form.isValid, let wanted = try await users.orderSearch(search.filters) {
            found = try await orders.orders(wanted, after: list.after, limit: list.limit + 1)
        }
        let shown = found.prefix(list.limit)
        let emails = try await users.emails(of: Set(shown.map(\.userId)))
        let visitor = Visitor(request)
        let view: View = [
            "nav": AdminNavigation.view("/admin/orders"),
            "fields": search.fields(
                "Search", hint: "The id of an order, ticket or buyer, or a buyer's full e-mail address.",
                all: "All states",
                choices: OrderState.Status.allCases.map { .init(value: $0.rawValue, text: Self.name(of: $0)) }
            ),
            "orders": shown.map { Self.row($0, emails, visitor) }, "isEmpty": found.isEmpty,
            "first": list.first, "more": list.more(found) { ListCursor(createdAt: $0.createdAt, id: $0.id.uuid) },
        ]
        return try pages.page("admin-orders", view, PageHead("All orders"), request, context)
    }

    private static func row(_ order: OrderState, _ emails: [UserID: String], _ visitor: Visitor) -> View {
        [
            "id": order.id.description, "title": order.ticketTitle, "quantity": visitor.number(order.quantity),
            "total": visitor.formattedPrice(order.total, order.currency), "made": visitor.localTime(order.createdAt),
            "status": order.status.rawValue, "state": name(of: order.status), "tone": tone(of: order.status),
            "buyer": order.userId.description, "email": emails[order.userId] ?? order.userId.description,
        ]
    }

    // MARK: One order

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await gate.admin(context)
        guard let order = try await orders.order(try context.pageID(of: Kind.Order.self, "order")) else {
            throw Problem.notFound("order")
        }
        let seller = try await listings.listing(order.ticketId)?.state.sellerId
        let emails = try await users.emails(of: Set([order.userId, seller].compactMap(\.self)))
        let attempt = try await payments.lastAttempt(of: order.id)
        let visitor = Visitor(request)
        let details = order.details
        let view = Self.row(order, emails, visitor).merging([
            "seller": seller.map { ["id": $0.description, "email": emails[$0] ?? $0.description] as View },
            "frozen": order.frozenAt.map { ["at": visitor.localTime($0), "key": FormKey.make()] as View },
            "nav": AdminNavigation.view("/admin/orders"), "ticket": order.ticketId.description,
            "price": visitor.formattedPrice(order.allIn, order.currency),
            "fees": order.pricing == nil
                ? [] : PriceView.rows(order.pricing.breakdown(of: order.price), order.currency, visitor),
            "reason": order.reason.map(Self.text),
            "when": details.startsAt.map { visitor.venueTime($0, in: details.timeZone) }, "place": details.place,
            "expires": order.status == .awaitingPayment ? visitor.localTime(order.expiresAt) : nil,
            "changed": visitor.localTime(order.updatedAt), "version": order.version.description,
            "attempt": attempt.map { attempt in
                [
                    "number": attempt.number.description, "state": attempt.state.rawValue,
                    "intent": attempt.intentId, "failure": attempt.failure,
                ] as View
            },
        ])
        return try pages.page("admin-order", view, PageHead("Order · \(order.ticketTitle)"), request, context)
    }

    private static func name(of status: OrderState.Status) -> String {
        switch status {
        case .awaitingPayment: "Awaiting payment"
        case .confirmed: "Confirmed"
        case .complete: "Complete"
        case .cancelled: "Cancelled"
        case .refunded: "Refunded"
        }
    }

    private static func tone(of status: OrderState.Status) -> String {
        switch status {
        case .awaitingPayment, .confirmed: "wait"
        case .complete: "good"
        case .cancelled, .refunded: "off"
        }
    }

    private static func text(_ reason: OrderState.Reason) -> String {
        switch reason {
        case .cancelledByBuyer: "By the buyer"
        case .expired: "Not paid in time"
        case .buyerBanned: "The buyer was banned"
        case .paymentFailed: "The payment failed"
        case .listingTakenDown: "The listing was taken down"
        case .eventCancelled: "The event was cancelled"
        default: reason.rawValue
        }
    }
}
