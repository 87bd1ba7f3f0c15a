import HTTPTypes
import Hummingbird
import Marketplace

/// Identifies the user of a request: by `Authorization: Bearer`, else by the access cookie. If that cookie has no valid
/// token, renews the session with the refresh cookie, so that a page also loads with an expired token.
///
/// Also checks the origin of a program's request: a separate middleware would take longer than the check itself.
struct Authentication: RouterMiddleware {
    /// `nil` if the origin was checked before.
    var origin: OriginCheck?
    let tokens: AccessTokens
    let cookies: SessionCookies
    let renewal: SessionRenewal
    let bans: BanList
    let endedSessions: EndedSessions
    let addresses: ClientAddress
    /// Converts an error to a response: problem details for programs, or a page for people.
    var errorResponse: @Sendable (any Error, Request, APIContext) -> Response = { error, request, context in
        Problem.report(error, context).response(path: request.uri.path, requestID: context.requestID)
    }

    /// The change of the client's cookies.
    private enum CookieChange {
        case none
        case renew(SessionRenewal.Renewed)
        case clear
    }

    func handle(
        _ request: Request, context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        // The origin of a request with an `Authorization` header needs no check: the header must have a token, and a
        // browser never sends one by itself.
        if let origin, !request.headers.contains(.authorization), !origin.allows(request) {
            throw Problem.foreignOrigin
        }
        var context = context
        let (identity, change) = try await identify(request, context)
        context.identity = identity
        if case .user(let requester) = identity { context.record.user = requester.id }
        if case .none = change {
            try await checkBan(identity)
            return try await next(request, context)
        }
        // The new cookies are the only copy of the new token, so every response sets them, even an error response.
        var response: Response
        do {
            try await checkBan(identity)
            response = try await next(request, context)
        } catch {
            response = errorResponse(error, request, context)
        }
        apply(change, to: &response)
        return response
    }

    private func identify(_ request: Request, _ context: APIContext) async throws -> (Identity, CookieChange) {
        if let header = request.headers[.authorization] { return (.user(try bearer(header)), .none) }
        if let token = cookies.access(request), case .valid(let requester) = tokens.verify(token),
            isAlive(requester)
        {
            return (.user(requester), .none)
        }
        guard let presented = cookies.refresh(request) else {
            return (.anonymous, cookies.hasRefresh(request) ? .clear : .none)
        }
        do {
            let address = addresses.of(request, context)
            switch try await renewal.renew(presented, from: address, trace: context.trace) {
            case .renewed(let renewed): return (.user(renewed.requester), .renew(renewed))
            case .ended, .banned: return (.anonymous, .clear)
            }
        } catch let problem as Problem where problem.status == .tooManyRequests {
            return (
                .unknown(.unavailable("too many sessions are renewed from your address at the moment: try again")),
                .none
            )
        } catch {
            return (.unknown(Problem.report(error, context)), .none)
        }
    }

    private func bearer(_ header: String) throws -> Requester {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer",
            case .valid(let requester) = tokens.verify(String(parts[1]))
        else { throw Problem.badToken }
        guard isAlive(requester) else { throw Problem.sessionEnded }
        return requester
    }

    /// False if the session has ended. True for a banned user, although a ban ends all sessions, so that
    /// ``checkBan(_:)`` reports the ban.
    private func isAlive(_ requester: Requester) -> Bool {
        !endedSessions.contains(requester.session) || bans.status(of: requester.id) == .banned
    }

    private nonisolated(nonsending) func checkBan(_ identity: Identity) async throws {
        guard case .user(let requester) = identity else { return }
        switch try await bans.currentStatus(of: requester.id) {
        case .notBanned: return
        case .banned: throw Problem.banned
        case .unknown: throw Problem.unavailable("bans cannot be checked at the moment: try again")
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

/// Refuses requests that a browser sends on behalf of a page of another site.
struct OriginMiddleware: RouterMiddleware {
    let check: OriginCheck

    func handle(
        _ request: Request, context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        // The origin is also checked if there is an `Authorization` header: the routes may ignore that header, and
        // browsers add HTTP passwords by themselves.
        guard check.allows(request) else { throw Problem.foreignOrigin }
        return try await next(request, context)
    }
}
