import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/admin/users`: all users, and the page of one user with the forms to ban and unban.
struct AdminUserPages: Sendable {
    let pages: Pages
    let gateway: CommandGateway
    let users: UserReads
    let orders: OrderReads
    let keys: DerivedKeys

    private var gate: AdminGate { AdminGate(users: users) }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/admin") { _, context in
            _ = try await gate.admin(context)
            return Response.seeOther("/admin/users")
        }
        routes.get("/admin/users") { request, context in try await list(request, context) }
        routes.get("/admin/users/:id") { request, context in
            try await page(FormFields(), .ok, try await gate.admin(context), request, context)
        }
        routes.post("/admin/users/:id/ban") { request, context in try await ban(request, context) }
        routes.post("/admin/users/:id/unban") { request, context in try await unban(request, context) }
    }

    // MARK: List

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await gate.admin(context)
        let search = AdminSearch<UserState.Status>(request)
        let list = ListPage(
            request, path: "/admin/users", query: search.query, list: "users \(search.filters.text)", keys: keys)
        let found =
            search.form.isValid
            ? try await users.accounts(
                AccountSearch(text: search.filters.q, status: search.filters.status), after: list.after,
                limit: list.limit + 1) : []
        let visitor = Visitor(request)
        let view: View = [
            "nav": AdminNavigation.view("/admin/users"),
            "fields": search.fields(
                "Search", hint: "The start of an e-mail address, or an id.", all: "All users",
                choices: [.init(value: "active", text: "Active"), .init(value: "banned", text: "Banned")]
            ),
            "users": found.prefix(list.limit).map { Self.row($0, visitor) }, "isEmpty": found.isEmpty,
            "first": list.first, "more": list.more(found) { ListCursor(createdAt: $0.createdAt, id: $0.id.uuid) },
        ]
        return try pages.page("admin-users", view, PageHead("Users"), request, context)
    }

    private static func row(_ account: AccountRepresentation, _ visitor: Visitor) -> View {
        [
            "id": account.id.description, "email": account.email, "banned": account.status == .banned,
            "admin": account.role == .admin, "since": visitor.localTime(account.createdAt),
            "sessions": visitor.number(account.sessions),
        ]
    }

    // MARK: One user

    private func page(
        _ form: FormFields, _ status: HTTPResponse.Status, _ admin: Requester, _ request: Request,
        _ context: APIContext
    ) async throws -> Response {
        guard let account = try await users.account(try context.pageID(of: Kind.User.self, "user")) else {
            throw Problem.notFound("user")
        }
        let sales = try await orders.paidOrders(ofSeller: account.id)
        let log = try await users.securityLog(of: account.id, limit: SecurityLogView.limit)
        let visitor = Visitor(request)
        let (isSelf, isAdmin) = (account.id == admin.id, account.role != .member)
        let reason = Field(
            "reason", "Reason", .input("text"), hint: "Stored with the ban. Only admins see it.",
            attributes: [("maxlength", String(BanUser.reasonLength.upperBound)), ("autocomplete", "off")], in: form)
        let view = Self.row(account, visitor).merging([
            "nav": AdminNavigation.view("/admin/users"), "role": account.role == .admin ? "Admin" : "Member",
            "reason": account.banReason, "changed": visitor.localTime(account.updatedAt),
            "orders": "/admin/orders" + URLEncoding.query([("q", account.email)]), "self": isSelf,
            "otherAdmin": !isSelf && isAdmin,
            "ban": !isAdmin && account.status == .active
                ? [
                    "field": reason.view,
                    "freeze": Self.choice(
                        sales.paid, "Freeze", visitor, isChosen: !form.has("reason") || form.has("freeze")),
                ] as View : nil,
            "unban": !isAdmin && account.status == .banned
                ? ["unfreeze": Self.choice(sales.frozen, "Unfreeze", visitor, isChosen: false)] as View : nil,
            "paid": Self.count(sales.paid, visitor), "frozen": Self.count(sales.frozen, visitor),
            "isBanned": account.status == .banned,
            "summary": form.summary, "key": form.nextKey(after: status),
            "log": SecurityLogView.rows(log, visitor, isAdmin: true),
        ])
        return try pages.page("admin-user", view, PageHead(account.email), status: status, request, context)
    }

    /// A check box that names a number of paid orders, or nil if there are none.
    private static func choice(_ number: Int, _ verb: String, _ visitor: Visitor, isChosen: Bool) -> View? {
        guard let count = count(number, visitor) else { return nil }
        let things = number == 1 ? "paid order" : "paid orders"
        return ["text": "\(verb) \(count) \(things)", "isChosen": isChosen]
    }

    private static func count(_ number: Int, _ visitor: Visitor) -> String? {
        guard number > 0 else { return nil }
        return visitor.number(number) + (number == SellerOrders.limit ? " or more" : "")
    }

    private func ban(_ request: Request, _ context: APIContext) async throws -> Response {
        let admin = try await gate.admin(context)
        let id = try context.pageID(of: Kind.User.self, "user")
        var form = try await FormFields(request, context)
        guard let reason = form.line("reason", "a reason", BanUser.reasonLength) else {
            return try await page(form, .unprocessableContent, admin, request, context)
        }
        return try await send(
            BanUser(userId: id, reason: reason, freezesOrders: form.has("freeze") ? true : nil), of: id,
            "POST /admin/users/:id/ban", form, admin, request, context)
    }

    private func unban(_ request: Request, _ context: APIContext) async throws -> Response {
        let admin = try await gate.admin(context)
        let id = try context.pageID(of: Kind.User.self, "user")
        let form = try await FormFields(request, context)
        return try await send(
            UnbanUser(userId: id, unfreezesOrders: form.has("unfreeze") ? true : nil), of: id,
            "POST /admin/users/:id/unban", form, admin, request, context)
    }

    private func send(
        _ change: some CommandPayload, of id: UserID, _ route: String, _ form: FormFields, _ admin: Requester,
        _ request: Request, _ context: APIContext
    ) async throws -> Response {
        var form = form
        let command = CommandRequest(
            request, context, actor: admin.actor, route: route, form: form, keys: keys
        ).identifiedByInput
        do {
            return try await gateway.send(change, to: .users, as: command).redirect { _ in "/admin/users/\(id)" }
        } catch {
            let problem = Problem.report(error, context)
            guard form.tryAddFaults(of: problem) else { throw problem }
            return try await page(form, problem.status, admin, request, context)
        }
    }
}
