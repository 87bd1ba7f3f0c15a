import HTTPTypes
import Hummingbird
import Marketplace

/// `/commands/:id?next=…`: where a form that was taken in, and is not done yet, sends the browser. It goes on by itself.
struct WaitingPages: Sendable {
    let watch: CommandWatch
    let pages: Pages

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/commands/:id") { request, context in try await show(request, context) }
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.id(of: Kind.Command.self)
        let next = request.uri.queryParameters["next"].flatMap { LocalPath(String($0)) }?.text ?? "/"
        switch try await watch.state(of: id, for: context.user) {
        case .done: return .seeOther(next)
        case .refused(let refusal): throw Problem(refusal)
        case .lost: throw Problem.lost
        case .pending:
            var head = PageHead("Working on it")
            head.refresh = .init(seconds: 2, path: "/commands/\(id)" + URLText.query([("next", next)]))
            return try pages.page("waiting", ["path": head.refresh?.path], head, request, context)
        }
    }
}

extension Problem {
    static let lost = Problem(
        .serviceUnavailable, "lost", "This was not done",
        "the request got lost on its way, and nothing was done: go back and try again")
}

extension CommandAnswer {
    /// The answer to a form: on to what was made or changed, or to where it is waited for.
    ///
    /// - Parameter path: of the page to show once it is done.
    func onward(_ path: (CommandID) -> String) -> Response {
        switch self {
        case .done(_, let request): .seeOther(path(request.id))
        case .accepted(let request):
            .seeOther("/commands/\(request.id)" + URLText.query([("next", path(request.id))]))
        }
    }
}
