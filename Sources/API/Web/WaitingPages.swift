import HTTPTypes
import Hummingbird
import Marketplace

/// `/commands/:id?next=…`: the page that a form leads to while its command is queued. It redirects to `next` when the
/// command is done.
struct WaitingPages: Sendable {
    let watch: CommandWatch
    let pages: Pages

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/commands/:id") { request, context in try await show(request, context) }
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.id(of: Kind.Command.self)
        let next = request.uri.queryParameters["next"].flatMap { RedirectTarget(String($0)) }?.text ?? "/"
        switch try await watch.state(of: id, request, context) {
        case .done: return .seeOther(next)
        case .refused(let refusal): throw Problem(refusal)
        case .lost: throw Problem.lost
        case .pending:
            var head = PageHead("Working on it")
            head.refresh = .init(seconds: 2, path: "/commands/\(id)" + URLEncoding.query([("next", next)]))
            return try pages.page("waiting", ["path": head.refresh?.path], head, request, context)
        }
    }
}

extension Problem {
    static let lost = Problem(
        .serviceUnavailable, "lost", "Your request was lost",
        "the request was lost before anything was done: go back and try again")
}

extension CommandResponse {
    /// Redirects to the page of the result, or to the waiting page while the command is queued.
    ///
    /// - Parameter path: path of the page to show when the command is done.
    func redirect(_ path: (CommandID) -> String) -> Response {
        switch self {
        case .done(_, let request): .seeOther(path(request.id))
        case .accepted(let request):
            .seeOther("/commands/\(request.id)" + URLEncoding.query([("next", path(request.id))]))
        }
    }
}
