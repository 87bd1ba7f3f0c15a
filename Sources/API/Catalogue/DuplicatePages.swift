import HTTPTypes
import Hummingbird
import Marketplace
import Services

/// `/admin/catalogue/duplicates`: dates that may be the same one, for example after an import. Admins merge them or
/// keep both.
struct DuplicatePages: Sendable {
    let pages: Pages
    let users: UserReads
    let catalogue: CatalogueReads
    let sender: CurationSender

    private static let path = CurationPages.path + "/duplicates"
    /// Maximum number of pairs on the page. Later ones follow when these are decided.
    private static let limit = 50

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/admin/catalogue/duplicates") { request, context in
            _ = try await Curator.of(context, users)
            return try await page(FormFields(), .ok, request, context)
        }
        routes.post("/admin/catalogue/duplicates") { request, context in try await keepBoth(request, context) }
    }

    private func page(
        _ form: FormFields, _ status: HTTPResponse.Status, _ request: Request, _ context: APIContext
    ) async throws -> Response {
        let visitor = Visitor(request)
        let found = try await catalogue.duplicates(limit: Self.limit + 1)
        let view: View = [
            "nav": AdminNavigation.view(CurationPages.path), "summary": form.summary, "isEmpty": found.isEmpty,
            "hasMore": found.count > Self.limit,
            "pairs": found.prefix(Self.limit).map { one, other -> View in
                // The older entry stays, because others may already refer to it.
                let (older, newer) = one.createdAt <= other.createdAt ? (one, other) : (other, one)
                return [
                    "entries": [older, newer].map { CuratedEntry($0, visitor).view },
                    "merge": CuratedEntry.mergePath(
                        .performance, newer.id.description, into: older.id.description),
                    "one": older.id.description, "other": newer.id.description, "key": FormKey.make(),
                ]
            },
        ]
        return try pages.page(
            "admin-duplicates", view, PageHead("Possible duplicates"), status: status, request, context)
    }

    private func keepBoth(_ request: Request, _ context: APIContext) async throws -> Response {
        let curator = try await Curator.of(context, users)
        let form = try await FormFields(request, context)
        guard let one = PerformanceID(form["one"]), let other = PerformanceID(form["other"]) else {
            throw Problem.notForm
        }
        let keep = KeepBothPerformances(performanceId: one, otherId: other, userVersion: curator.version)
        return try await sender.send(keep, to: Self.path, "keep both performances", form, curator, request, context) {
            try await page($0, $1, request, context)
        }
    }
}
