import HTTPTypes
import Hummingbird
import Marketplace

/// Tells who makes a request: by `Authorization: Bearer`, else by the access cookie, else, when that one has run out,
/// by renewing the session with the refresh cookie, so that a page load with an expired token just works.
struct Authentication: RouterMiddleware {
    let tokens: AccessTokens
    let cookies: SessionCookies
    let renewal: SessionRenewal
    let bans: BanList
    /// Tells the client of what failed: a program by problem details, a person by a page.
    var tell: @Sendable (any Error, Request, APIContext) -> Response = { error, request, context in
        Problem.telling(error, context).response(path: request.uri.path, requestID: context.requestID)
    }

    /// What the answer does to the client's cookies.
    private enum CookieChange {
        case none
        case renew(SessionRenewal.Renewed)
        case clear
    }

    func handle(
        _ request: Request, context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        let (identity, change) = try await identify(request, context)
        context.identity = identity
        if case .none = change {
            try checkStanding(identity)
            return try await next(request, context)
        }
        // The new cookies are the only copy of the new token: whatever becomes of the request, the answer has them.
        var response: Response
        do {
            try checkStanding(identity)
            response = try await next(request, context)
        } catch {
            response = tell(error, request, context)
        }
        apply(change, to: &response)
        return response
    }

    private func identify(_ request: Request, _ context: APIContext) async throws -> (Identity, CookieChange) {
        if let header = request.headers[.authorization] { return (.user(try await bearer(header)), .none) }
        if let token = cookies.access(request), case .valid(let requester) = await tokens.read(token) {
            return (.user(requester), .none)
        }
        guard let presented = cookies.refresh(request) else {
            return (.nobody, cookies.hasRefresh(request) ? .clear : .none)
        }
        do {
            switch try await renewal.renew(presented, trace: context.trace) {
            case .renewed(let renewed): return (.user(renewed.requester), .renew(renewed))
            case .over, .banned: return (.nobody, .clear)
            }
        } catch {
            return (.unknown(Problem.telling(error, context)), .none)
        }
    }

    private func bearer(_ header: String) async throws -> Requester {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer",
            case .valid(let requester) = await tokens.read(String(parts[1]))
        else { throw Problem.badToken }
        return requester
    }

    private func checkStanding(_ identity: Identity) throws {
        guard case .user(let requester) = identity else { return }
        switch bans.standing(of: requester.id) {
        case .good: return
        case .banned: throw Problem.banned
        case .unknown: throw Problem.unavailable("it can't be told just now who may use this: try again")
        }
    }

    private func apply(_ change: CookieChange, to response: inout Response) {
        switch change {
        case .none: break
        case .clear: cookies.clear(on: &response)
        case .renew(let renewed):
            cookies.setAccess(renewed.accessToken, on: &response)
            if let refresh = renewed.refresh { cookies.setRefresh(refresh, on: &response) }
        }
    }
}

/// Refuses what a page of another site makes a browser send. A request with `Authorization` needs no such check: no
/// browser adds that by itself.
struct OriginMiddleware: RouterMiddleware {
    let check: OriginCheck

    func handle(
        _ request: Request, context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard request.headers.contains(.authorization) || check.allows(request) else { throw Problem.foreignOrigin }
        return try await next(request, context)
    }
}
