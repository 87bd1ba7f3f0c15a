import HTTPTypes
import Hummingbird
import Marketplace

/// `GET /api/commands/:id`: the status and result of a command, for a client that received 202.
struct CommandRoutes: Sendable {
    let watch: CommandWatch

    func add(to routes: RouterGroup<APIContext>) {
        routes.get(":id") { request, context in try await show(request, context) }
    }

    private struct Status: Encodable {
        let id: CommandID
        let status: CommandStatus
        /// The problem of a refused command.
        var problem: ProblemDocument?
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.id(of: Kind.Command.self)
        switch try await watch.state(of: id, request, context) {
        case .pending: return .json(Status(id: id, status: .pending))
        case .lost: return .json(Status(id: id, status: .lost))
        case .refused(let refusal):
            let problem = ProblemDocument(Problem(refusal), path: request.uri.path, requestID: context.requestID)
            return .json(Status(id: id, status: .refused, problem: problem))
        case .done(nil): return .json(Status(id: id, status: .done))
        case .done(let body?):
            // The stored JSON of the result is inserted without decoding it.
            let head = "{\"id\":\"\(id)\",\"status\":\"done\",\"result\":"
            return .json(bytes: Array(head.utf8) + body + Array("}".utf8))
        }
    }
}
