import HTTPTypes
import Hummingbird
import Logging
import Marketplace

/// Turns errors of page requests into pages that say what happened and what to do next.
struct PageErrors: RouterMiddleware {
    let pages: Pages

    func handle(
        _ request: Request, context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return response(to: error, request, context)
        }
    }

    func response(to error: any Error, _ request: Request, _ context: APIContext) -> Response {
        let problem = Problem.report(error, context)
        if problem.status == .unauthorized, request.method == .get || request.method == .head {
            return .seeOther("/signin" + URLEncoding.query([("next", RedirectTarget(request.uri.string)?.text)]))
        }
        do {
            var response = try pages.page(
                "error", Self.view(problem, request, context), PageHead(Self.title(problem)), status: problem.status,
                request, context)
            for field in problem.headers where field.name != .wwwAuthenticate {
                response.headers[field.name] = field.value
            }
            return response
        } catch {
            context.logger.error("Could not render the error page", metadata: ["error": "\(error)"])
            return problem.response(path: request.uri.path, requestID: context.requestID)
        }
    }

    private static func view(_ problem: Problem, _ request: Request, _ context: APIContext) -> View {
        let back = referringPath(request)
        let isUnsafe = request.method != .get && request.method != .head
        return [
            "title": title(problem), "message": message(problem),
            "requestID": problem.status.code >= 500 ? context.requestID : nil,
            "signIn": problem.status == .unauthorized
                ? "/signin" + URLEncoding.query([("next", back ?? "/")]) : nil,
            "signOut": problem.code == Problem.banned.code,
            "again": !isUnsafe && problem.status.code >= 500 ? RedirectTarget(request.uri.string)?.text : nil,
            "back": isUnsafe ? back : nil,
        ]
    }

    private static func title(_ problem: Problem) -> String {
        problem.code == Problem.banned.code ? BanText.title : problem.title
    }

    private static func message(_ problem: Problem) -> String {
        switch problem.code {
        case Problem.signedOut.code:
            "You are signed out. You may have signed out in another tab. Nothing was done. Sign in and try again."
        case "no-route", "not-found":
            "We can't find this page. It may have been removed, or the address may be incomplete."
        case Problem.banned.code:
            "You can't buy or sell with this account. If you think this is a mistake, contact support."
        case Problem.internal.code:
            "This is our fault, not yours. We have logged it under the code below."
        default: FormFields.sentence(problem.detail)
        }
    }

    /// Path of the page that the browser came from, if it is on this site.
    static func referringPath(_ request: Request) -> String? {
        guard let referer = request.headers[.referer], let scheme = referer.firstRange(of: "://"),
            let slash = referer[scheme.upperBound...].firstIndex(of: "/"),
            referer[scheme.upperBound..<slash] == request.head.authority ?? ""
        else { return nil }
        return RedirectTarget(String(referer[slash...]))?.text
    }
}
