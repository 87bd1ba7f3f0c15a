import HTTPTypes
import Hummingbird
import Marketplace

/// `GET /api/commands/:id`: what became of a command that was answered with 202.
struct CommandRoutes: Sendable {
    let watch: CommandWatch

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
        switch try await watch.state(of: id, for: context.user) {
        case .pending: return .json(Status(id: id, status: .pending))
        case .lost: return .json(Status(id: id, status: .lost))
        case .refused(let refusal):
            let problem = ProblemDocument(Problem(refusal), path: request.uri.path, requestID: context.requestID)
            return .json(Status(id: id, status: .refused, problem: problem))
        case .done(nil): return .json(Status(id: id, status: .done))
        case .done(let body?):
            // The result's JSON as it is stored, put between the other members.
            let head = "{\"id\":\"\(id)\",\"status\":\"done\",\"result\":"
            return .json(bytes: Array(head.utf8) + body + Array("}".utf8))
        }
    }
}
