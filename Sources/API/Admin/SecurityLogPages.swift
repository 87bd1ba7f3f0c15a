import Hummingbird
import Marketplace
import Services
import Storage

/// `/admin/security`: the security log of all accounts.
struct SecurityLogPages: Sendable {
    let pages: Pages
    let users: UserReads
    let keys: DerivedKeys

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/admin/security") { request, context in try await list(request, context) }
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await AdminGate(users: users).admin(context)
        let search = AdminSearch<SecurityEntry.Kind>(request)
        let (codec, name) = (CursorCodec(keys: keys), "security log \(search.filters.text)")
        let after = request.uri.queryParameters["cursor"].flatMap {
            codec.decode(String($0), list: name, as: SecurityLogCursor.self)
        }
        var found: [SecurityLogRow] = []
        if search.form.isValid, let filter = try await filter(search.filters) {
            found = try await users.securityLog(filter, before: after?.id, limit: SecurityLogView.limit + 1)
        }
        let shown = found.prefix(SecurityLogView.limit)
        let emails = try await users.emails(of: Set(shown.map(\.entry.userId)))
        let visitor = Visitor(request)
        let last = found.count > SecurityLogView.limit ? shown.last : nil
        let view: View = [
            "nav": AdminNavigation.view("/admin/security"),
            "fields": search.fields(
                "Search", hint: "An e-mail address, a user's id, or a network address.", stateLabel: "What",
                all: "Everything",
                choices: SecurityLogView.kinds.map { .init(value: $0.rawValue, text: SecurityLogView.text(of: $0)) }
            ),
            "log": zip(shown, SecurityLogView.rows(shown.map(\.entry), visitor, isAdmin: true)).map { row, view in
                view.merging([
                    "user": row.entry.userId.description,
                    "email": emails[row.entry.userId] ?? row.entry.userId.description,
                ])
            },
            "isEmpty": found.isEmpty,
            "first": after == nil ? nil : "/admin/security" + URLEncoding.query(search.query),
            "more": last.map { row in
                let cursor = codec.encode(SecurityLogCursor(id: row.id), list: name)
                return "/admin/security" + URLEncoding.query(search.query + [("cursor", cursor)])
            },
        ]
        return try pages.page("admin-security", view, PageHead("Security log"), request, context)
    }

    /// Returns `nil` if no entry can match, because the text is an e-mail address without an account.
    private func filter(_ filters: AdminFilters<SecurityEntry.Kind>) async throws -> SecurityLogFilter? {
        guard let q = filters.q else { return SecurityLogFilter(kind: filters.status) }
        if let id = UserID(q) { return SecurityLogFilter(subject: .user(id), kind: filters.status) }
        guard q.contains("@") else {
            return SecurityLogFilter(subject: .address(ClientAddress.network(q)), kind: filters.status)
        }
        guard let email = EmailAddress(q), let user = try await users.id(of: email) else { return nil }
        return SecurityLogFilter(subject: .user(user), kind: filters.status)
    }
}

/// A position in the security log.
struct SecurityLogCursor: EncodableCursor {
    static let byteCount = 8
    let id: Int64

    var bytes: [UInt8] { id.bigEndianBytes }

    init(id: Int64) { self.id = id }

    init(bytes: [UInt8]) { self.init(id: Int64(bigEndianBytes: bytes[...])) }
}
