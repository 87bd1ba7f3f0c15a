import HTTPTypes
import Hummingbird
import Logging
import Marketplace

/// Answers what fails on a page with a page: what happened, and what to do next.
struct PageErrors: RouterMiddleware {
    let pages: Pages

    func handle(
        _ request: Request, context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return answer(error, request, context)
        }
    }

    func answer(_ error: any Error, _ request: Request, _ context: APIContext) -> Response {
        let problem = Problem.telling(error, context)
        if problem.status == .unauthorized, request.method == .get || request.method == .head {
            return .seeOther("/signin" + URLText.query([("next", LocalPath(request.uri.string)?.text)]))
        }
        do {
            var response = try pages.page(
                "error", Self.view(problem, request, context), PageHead(problem.title), status: problem.status, request,
                context)
            for field in problem.headers where field.name != .wwwAuthenticate {
                response.headers[field.name] = field.value
            }
            return response
        } catch {
            context.logger.error("a page of an error can't be shown", metadata: ["error": "\(error)"])
            return problem.response(path: request.uri.path, requestID: context.requestID)
        }
    }

    private static func view(_ problem: Problem, _ request: Request, _ context: APIContext) -> View {
        let back = cameFrom(request)
        let isUnsafe = request.method != .get && request.method != .head
        return [
            "title": problem.title, "message": message(problem),
            "requestID": problem.status.code >= 500 ? context.requestID : nil,
            "signIn": problem.status == .unauthorized
                ? "/signin" + URLText.query([("next", back ?? "/")]) : nil,
            "signOut": problem.code == Problem.banned.code,
            "again": !isUnsafe && problem.status.code >= 500 ? LocalPath(request.uri.string)?.text : nil,
            "back": isUnsafe ? back : nil,
        ]
    }

    private static func message(_ problem: Problem) -> String {
        switch problem.code {
        case Problem.signedOut.code:
            "You were signed out, perhaps in another tab. Nothing was done: sign in and try again."
        case "no-route", "not-found":
            "What you are looking for is not here: it may have been taken off, or the address is incomplete."
        case Problem.banned.code:
            "Whoever runs this marketplace has banned the account that is signed in here."
        case Problem.internal.code:
            "That is our fault, not yours. It has been noted, with the number below."
        default: FormFields.sentence(problem.detail)
        }
    }

    /// The page of ours that the browser says it comes from.
    static func cameFrom(_ request: Request) -> String? {
        guard let referer = request.headers[.referer], let scheme = referer.firstRange(of: "://"),
            let slash = referer[scheme.upperBound...].firstIndex(of: "/"),
            referer[scheme.upperBound..<slash] == request.head.authority ?? ""
        else { return nil }
        return LocalPath(String(referer[slash...]))?.text
    }
}
