import HTTPTypes
import Hummingbird

/// Responds to requests without a route: with a page for people, and with problem details for programs.
struct UnroutedResponder: Sendable {
    /// Identifies the user, because pages show who is signed in.
    let authentication: Authentication
    let errors: PageErrors

    func response(to request: Request, _ context: APIContext, _ problem: Problem) async -> Response {
        let path = request.uri.path
        let isForPrograms = ["/api/", "/live/", "/webhooks/"].contains { path.hasPrefix($0) }
        guard !isForPrograms, request.headers[.accept]?.contains("text/html") ?? false else {
            return problem.response(path: path, requestID: context.requestID)
        }
        do {
            return try await authentication.handle(request, context: context) { request, context in
                errors.response(to: problem, request, context)
            }
        } catch {
            return errors.response(to: error, request, context)
        }
    }
}
