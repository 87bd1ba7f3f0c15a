import Hummingbird
import JSONCoding
import Marketplace
import Services

/// `PATCH /api/tickets`: changes several listings of the requester.
struct ListingBatchRoutes: Sendable {
    let batch: ListingBatch
    let listings: ListingReads
    let keys: DerivedKeys

    func add(to routes: RouterGroup<APIContext>) {
        routes.patch { request, context in try await change(request, context) }
    }

    /// The outcome of one change: the listing, or the problem.
    private struct Result: Encodable {
        let id: ListingID
        let status: Int
        var ticket: ListingRepresentation?
        var problem: ProblemDocument?
    }

    private struct Results: Encodable { let results: [Result] }

    private func change(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let body = try await request.jsonBody(context)
        let changes = try ListingBatchInput(body).changes
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "PATCH /api/tickets", body: body, keys: keys)
        let found = try await listings.listings(changes.map(\.id))
        let sellers = Dictionary(uniqueKeysWithValues: found.map { ($0.state.id, $0.state.sellerId) })
        let own = changes.filter { sellers[$0.id] == requester.id }
        // Reading 200 listings costs as much as a command, even if all of them are another seller's.
        if own.isEmpty { try await batch.gateway.budget.take(for: requester.actor) }
        let outcomes = await batch.send(
            own.map { change in
                let command = ChangeListing(
                    ticketId: change.id, price: change.price, withdrawn: change.withdrawn, ifVersion: change.version,
                    userVersion: requester.version)
                return ("\(change.id)", .change(command))
            }, as: command, context)
        let known = Dictionary(uniqueKeysWithValues: zip(own.map(\.id), outcomes))
        return .json(
            Results(
                results: try changes.map { change in
                    let missing = sellers[change.id] == nil ? Problem.notFound("ticket") : Problem.notSeller
                    return try Self.result(change.id, known[change.id] ?? .failed(missing), context)
                }))
    }

    private static func result(
        _ id: ListingID, _ outcome: ListingBatch.Outcome, _ context: APIContext
    ) throws -> Result {
        switch outcome {
        case .done(let response):
            let listing: ListingRepresentation? = try response.decodeResult()
            return Result(id: id, status: listing == nil ? 202 : 200, ticket: listing)
        case .failed(let problem):
            let document = ProblemDocument(problem, path: "/api/tickets/\(id)", requestID: context.requestID)
            return Result(id: id, status: problem.status.code, problem: document)
        }
    }
}
