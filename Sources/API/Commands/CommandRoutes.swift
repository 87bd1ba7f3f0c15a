import FoundationEssentials
import HTTPTypes
import Hummingbird
import Marketplace

/// `GET /api/commands/:id`: what became of a command that was answered with 202.
struct CommandRoutes: Sendable {
    let transport: any CommandTransport
    /// How long a command that no inbox knows is taken to be in Redis without a look: longer than the worst backlog that
    /// is not shed, than the longest putting off, and than a worker's taking over.
    static let pendingFor = Duration.seconds(600)

    func add(to routes: RouterGroup<APIContext>) {
        routes.get(":id") { request, context in try await show(request, context) }
    }

    private struct Status: Encodable {
        let id: CommandID
        let status: CommandStatus
        /// The problem that it would have been answered with.
        var problem: ProblemDocument?
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.id(of: Kind.Command.self)
        if let stored = try await find(id) { return try answer(stored, id, request, context) }
        if Self.isYoung(id, now: .now()) { return .json(Status(id: id, status: .pending)) }
        // Workers may have stood still for long, and dead letters wait for the operator.
        if try await transport.mayWait(id) { return .json(Status(id: id, status: .pending)) }
        // It may have been done while it was looked for.
        if let stored = try await find(id) { return try answer(stored, id, request, context) }
        return .json(Status(id: id, status: .lost))
    }

    private func answer(
        _ stored: StoredReply, _ id: CommandID, _ request: Request, _ context: APIContext
    ) throws -> Response {
        // What another asked for is none of this one's business. What nobody in particular asked for (a sign-up) shows
        // its status alone: its result is for whoever has the cookies.
        guard stored.actor == .nobody || stored.actor == context.user?.actor else {
            if context.user == nil { throw Problem.signedOut }
            throw Problem.forbidden("this is the command of another user")
        }
        switch stored.reply {
        case nil, .busy: return .json(Status(id: id, status: .pending))
        case .refused(let refusal):
            let problem = ProblemDocument(Problem(refusal), path: request.uri.path, requestID: context.requestID)
            return .json(Status(id: id, status: .refused, problem: problem))
        case .done(let body):
            guard stored.actor != .nobody else { return .json(Status(id: id, status: .done)) }
            // The result's JSON as it is stored, put between the other members.
            let head = "{\"id\":\"\(id)\",\"status\":\"done\",\"result\":"
            return .json(bytes: Array(head.utf8) + body + Array("}".utf8))
        }
    }

    private func find(_ id: CommandID) async throws -> StoredReply? {
        for service in Service.allCases where service.hasSchema {
            if let stored = try await transport.stored(id, in: service) { return stored }
        }
        return nil
    }

    /// A UUIDv7 tells when it was made. Another id (of an `Idempotency-Key`) tells nothing, so it is never called lost.
    static func isYoung(_ id: CommandID, now: Timestamp) -> Bool {
        let bytes = id.uuid.bytes
        guard bytes[6] >> 4 == 7 else { return true }
        let milliseconds = bytes.prefix(6).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return now - Timestamp(milliseconds: milliseconds) < pendingFor
    }
}
