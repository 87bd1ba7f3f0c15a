import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/api/admin/tickets` and `/api/admin/reports`: the reports of listings, and the commands with which admins take
/// listings down or put them back.
struct ModerationRoutes: Sendable {
    let gateway: CommandGateway
    let users: UserReads
    let listings: ListingReads
    let keys: DerivedKeys

    /// Maximum number of reports of one listing in a response.
    static let reportLimit = 100

    private var gate: AdminGate { AdminGate(users: users) }
    private var codec: CursorCodec { CursorCodec(keys: keys) }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("tickets/:id") { _, context in
            _ = try await gate.admin(context)
            return Response.json(ListingRepresentation(toSeller: try await listing(context)))
        }
        routes.post("tickets/:id/take-down") { request, context in try await takeDown(request, context) }
        routes.delete("tickets/:id/take-down") { request, context in try await putBack(request, context) }
        routes.get("tickets/:id/reports") { _, context in try await listReports(context) }
        routes.delete("tickets/:id/reports") { request, context in try await dismiss(request, context) }
        routes.get("reports") { request, context in try await queue(request, context) }
    }

    // MARK: Listings

    private func listing(_ context: APIContext) async throws -> Listing {
        guard let listing = try await listings.listing(try context.id(of: Kind.Listing.self)) else {
            throw Problem.notFound("ticket")
        }
        return listing
    }

    private func takeDown(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try await gate.admin(context)
        let id = try context.id(of: Kind.Listing.self)
        let body = try await request.jsonBody(context)
        let input = try TakeDownInput(body)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "POST /api/admin/tickets/:id/take-down", body: body,
            keys: keys)
        return try await gateway.send(
            TakeDownListing(ticketId: id, reason: input.reason, note: input.note), to: .listings, as: command
        ).response(.ok)
    }

    private func putBack(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try await gate.admin(context)
        let listing = try await listing(context)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "DELETE /api/admin/tickets/:id/take-down", body: [],
            keys: keys)
        return try await gateway.send(
            PutBackListing(ticketId: listing.state.id, sellerId: listing.state.sellerId), to: .listings, as: command
        ).response(.ok)
    }

    // MARK: Reports

    private struct QueueEntry: Encodable {
        let ticket: ListingRepresentation
        let open: Int
        let since: Timestamp
    }

    private struct Report: Encodable {
        let userId: UserID
        let reason: ListingReport.Reason
        let text: String?
        let status: ListingReport.Status
        let createdAt: Timestamp
    }

    private func queue(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await gate.admin(context)
        let query = try Query(request.uri, names: ["limit", "cursor"])
        let page = try Pagination<ReportCursor>(query, list: "reports", codec: codec)
        let found = try await listings.reportQueue(after: page.after, limit: page.limit + 1)
        let shown = found.prefix(page.limit)
        var headers: HTTPFields = [:]
        headers[.link] = page.link(
            path: "/api/admin/reports", next: found.count > page.limit ? shown.last?.cursor : nil)
        let entries = shown.map {
            QueueEntry(ticket: ListingRepresentation(toSeller: $0.listing), open: $0.open, since: $0.since)
        }
        return .json(CompressibleBody(ResponseJSON.encode(entries)), to: request, headers: headers)
    }

    private func listReports(_ context: APIContext) async throws -> Response {
        _ = try await gate.admin(context)
        let listing = try await listing(context)
        let found = try await listings.reports(of: listing.state.id, limit: Self.reportLimit)
        return .json(
            found.map {
                Report(
                    userId: $0.reporterId, reason: $0.reason, text: $0.text, status: $0.status, createdAt: $0.at)
            })
    }

    private func dismiss(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try await gate.admin(context)
        let id = try context.id(of: Kind.Listing.self)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "DELETE /api/admin/tickets/:id/reports", body: [],
            keys: keys)
        return try await gateway.send(DismissReports(ticketId: id), to: .listings, as: command).response(.noContent)
    }
}
