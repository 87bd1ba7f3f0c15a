import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/api/admin`: the admins' commands that change the catalogue.
struct CurationRoutes: Sendable {
    let gateway: CommandGateway
    let users: UserReads
    let catalogue: CatalogueReads
    let keys: DerivedKeys

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("proposals") { request, context in try await listProposals(request, context) }
        routes.post("performances/:id/approve") { request, context in
            try await decide("approve", request, context) { ApproveProposal(performanceId: $0, userVersion: $1) }
        }
        routes.post("performances/:id/reject") { request, context in
            try await decide("reject", request, context) { RejectProposal(performanceId: $0, userVersion: $1) }
        }
        routes.post("performances/:id/postpone") { request, context in
            try await decide("postpone", request, context) { PostponePerformance(performanceId: $0, userVersion: $1) }
        }
        routes.post("performances/:id/cancel") { request, context in
            try await decide("cancel", request, context) { CancelPerformance(performanceId: $0, userVersion: $1) }
        }
        routes.put("performances/:id") { request, context in try await reschedule(request, context) }
        routes.put("events/:id") { request, context in try await changeEvent(request, context) }
        routes.put("venues/:id") { request, context in try await changeVenue(request, context) }
        routes.put("performers/:id") { request, context in try await renamePerformer(request, context) }
        routes.post("merges") { request, context in try await merge(request, context) }
    }

    private func curator(_ context: APIContext) async throws -> Curator { try await Curator.of(context, users) }

    // MARK: Proposals and performances

    private func listProposals(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await curator(context)
        let query = try Query(request.uri, names: ["limit", "cursor"])
        let page = try Pagination<ListCursor>(query, list: "proposals", codec: CursorCodec(keys: keys))
        let found = try await catalogue.proposals(after: page.after, limit: page.limit + 1)
        return page.response(found, to: request, path: "/api/admin/proposals") {
            ListCursor(createdAt: $0.createdAt, id: $0.id.uuid)
        } representation: {
            PerformanceRepresentation($0)
        }
    }

    /// Sends a decision about a performance. The request has no body.
    private func decide(
        _ action: String, _ request: Request, _ context: APIContext,
        _ make: (PerformanceID, Int64) -> some CommandPayload
    ) async throws -> Response {
        let curator = try await curator(context)
        let id = try context.id(of: Kind.Performance.self)
        let command = try CommandRequest(
            request, context, actor: curator.actor, route: "POST /api/admin/performances/:id/\(action)", body: [],
            keys: keys)
        return try await gateway.send(make(id, curator.version), to: .catalogue, as: command)
            .response(.ok, tag: EntityTag.init(versioned:))
    }

    private func reschedule(_ request: Request, _ context: APIContext) async throws -> Response {
        let curator = try await curator(context)
        let id = try context.id(of: Kind.Performance.self)
        let body = try await request.jsonBody(context)
        let input = try PerformanceChangeInput(body)
        let command = try CommandRequest(
            request, context, actor: curator.actor, route: "PUT /api/admin/performances/:id", body: body, keys: keys)
        guard let performance = try await catalogue.performance(id) else { throw Problem.notFound("performance") }
        let change = ReschedulePerformance(
            performanceId: id, times: input.changed(performance.times),
            ifVersion: try requiredVersion(performance.version, request), userVersion: curator.version)
        return try await gateway.send(change, to: .catalogue, as: command)
            .response(.ok, tag: EntityTag.init(versioned:))
    }

    // MARK: Entries

    private func changeEvent(_ request: Request, _ context: APIContext) async throws -> Response {
        let curator = try await curator(context)
        let id = try context.id(of: Kind.Show.self)
        let body = try await request.jsonBody(context)
        let input = try EventChangeInput(body)
        let command = try CommandRequest(
            request, context, actor: curator.actor, route: "PUT /api/admin/events/:id", body: body, keys: keys)
        guard let show = try await catalogue.show(id) else { throw Problem.notFound("event") }
        let change = ChangeShow(
            eventId: id, title: input.title, category: input.category, performers: input.performers,
            ifVersion: try requiredVersion(show.version, request), userVersion: curator.version)
        return try await gateway.send(change, to: .catalogue, as: command)
            .response(.ok, tag: EntityTag.init(versioned:))
    }

    private func changeVenue(_ request: Request, _ context: APIContext) async throws -> Response {
        let curator = try await curator(context)
        let id = try context.id(of: Kind.Venue.self)
        let body = try await request.jsonBody(context)
        let input = try VenueChangeInput(body)
        let command = try CommandRequest(
            request, context, actor: curator.actor, route: "PUT /api/admin/venues/:id", body: body, keys: keys)
        guard let venue = try await catalogue.venue(id) else { throw Problem.notFound("venue") }
        // The command contains the whole venue, so it must apply to the version that was read here.
        let required = try requiredVersion(venue.version, request) ?? venue.version
        let change = ChangeVenue(
            venueId: id, venue: try input.changed(venue.details), ifVersion: required, userVersion: curator.version)
        return try await gateway.send(change, to: .catalogue, as: command)
            .response(.ok, tag: EntityTag.init(versioned:))
    }

    private func renamePerformer(_ request: Request, _ context: APIContext) async throws -> Response {
        let curator = try await curator(context)
        let id = try context.id(of: Kind.Performer.self)
        let body = try await request.jsonBody(context)
        let input = try PerformerChangeInput(body)
        let command = try CommandRequest(
            request, context, actor: curator.actor, route: "PUT /api/admin/performers/:id", body: body, keys: keys)
        let rename = RenamePerformer(performerId: id, name: input.name, userVersion: curator.version)
        return try await gateway.send(rename, to: .catalogue, as: command)
            .response(.ok, tag: EntityTag.init(versioned:))
    }

    private func merge(_ request: Request, _ context: APIContext) async throws -> Response {
        let curator = try await curator(context)
        let body = try await request.jsonBody(context)
        let input = try MergeInput(body)
        let command = try CommandRequest(
            request, context, actor: curator.actor, route: "POST /api/admin/merges", body: body, keys: keys)
        let merge = MergeEntries(
            kind: input.kind, from: input.from, into: input.into, userVersion: curator.version)
        return try await gateway.send(merge, to: .catalogue, as: command)
            .response(.ok, tag: EntityTag.init(versioned:))
    }

    private func requiredVersion(_ current: Int64, _ request: Request) throws(Problem) -> Int64? {
        try Preconditions(request.headers)
            .requiredVersion(current: current, tag: EntityTag(version: current))
    }
}
