import Hummingbird
import Marketplace
import Services
import Storage

/// `/admin/search`: the search box of the admin pages. It finds users, orders and listings by e-mail address, by id or
/// its beginning, by Stripe's id of a payment, or by words of a listing.
struct AdminSearchPage: Sendable {
    let pages: Pages
    let users: UserReads
    let orders: OrderReads
    let listings: ListingReads
    let payments: PaymentReads

    /// Maximum number of results of each kind.
    static let limit = 10

    private struct Results {
        var users: [AccountRepresentation] = []
        var orders: [OrderState] = []
        var listings: [Listing] = []

        var count: Int { users.count + orders.count + listings.count }

        /// The path of the result's page, if there is exactly one result.
        var onlyPath: String? {
            guard count == 1 else { return nil }
            return users.first.map { "/admin/users/\($0.id)" } ?? orders.first.map { "/admin/orders/\($0.id)" }
                ?? listings.first.map { "/admin/tickets/\($0.state.id)" }
        }
    }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/admin/search") { request, context in try await search(request, context) }
    }

    private func search(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await AdminGate(users: users).admin(context)
        let filters = try AdminFilters<UserState.Status>(q: FormFields(query: request.uri.query)["q"], status: nil)
        let found = try await results(filters.q)
        if let only = found.onlyPath { return .seeOther(only) }
        let emails = try await users.emails(
            of: Set(found.orders.map(\.userId)).union(found.listings.map(\.state.sellerId)))
        let visitor = Visitor(request)
        let view: View = [
            "nav": AdminNavigation.view("/admin/search", searched: filters.q), "asked": filters.q != nil,
            "isEmpty": found.count == 0,
            "users": Self.list(found.users) { ["id": $0.id.description, "text": $0.email, "more": nil] },
            "orders": Self.list(found.orders) { order in
                [
                    "id": order.id.description, "text": order.ticketTitle,
                    "more": emails[order.userId] ?? order.userId.description, "at": visitor.localTime(order.createdAt),
                ]
            },
            "listings": Self.list(found.listings) { listing in
                let state = listing.state
                return [
                    "id": state.id.description, "text": state.title,
                    "more": emails[state.sellerId] ?? state.sellerId.description,
                    "at": visitor.localTime(state.createdAt),
                ]
            },
        ]
        return try pages.page("admin-search", view, PageHead("Search"), request, context)
    }

    private static func list<Element>(_ found: [Element], _ row: (Element) -> View) -> View? {
        found.isEmpty ? nil : ["rows": found.map(row), "isFull": found.count == limit]
    }

    private func results(_ text: String?) async throws -> Results {
        guard let text else { return Results() }
        var found = Results()
        if text.hasPrefix("pi_") || text.hasPrefix("cs_") {
            if let order = try await payments.order(ofStripeID: text) {
                found.orders = [try await orders.order(order)].compactMap(\.self)
            }
            return found
        }
        if let ids = IDPrefix(text) {
            found.users = try await users.accounts(AccountSearch(subject: .ids(ids)), after: nil, limit: Self.limit)
            found.orders = try await orders.orders(ids, limit: Self.limit)
            found.listings = try await listings.listings(ids, limit: Self.limit)
            if found.count > 0 { return found }
        }
        found.users = try await users.accounts(
            AccountSearch(subject: .emailPrefix(text.lowercased())), after: nil, limit: Self.limit)
        found.orders = try await orders.orders(of: found.users.map(\.id), limit: Self.limit)
        let byWords = try await listings.search(ListingSearch(text: text, includesSoldOut: true), limit: Self.limit)
        if !byWords.isSimilar { found.listings = byWords.listings }
        return found
    }
}
