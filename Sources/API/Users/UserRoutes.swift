import FoundationEssentials
import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/api/users`: sign-up, sign-in, sign-out and sessions.
struct UserRoutes: Sendable {
    let signUp: SignUpRoute
    let password: PasswordCheck
    let sessions: SessionStart
    let renewal: SessionRenewal
    let gateway: CommandGateway
    let users: UserReads
    let bans: BanList
    let addresses: ClientAddress

    /// Adds the routes that start, renew and end sessions. They need no authentication.
    func addAnonymous(to routes: RouterGroup<APIContext>) {
        routes.post("signup") { request, context in try await signUp.handle(request, context) }
        routes.post("signin") { request, context in try await signIn(request, context) }
        routes.post("signout") { request, context in try await signOut(request, context) }
    }

    /// Adds the routes for clients that keep tokens instead of cookies.
    func addTokens(to routes: RouterGroup<APIContext>) {
        routes.post("token") { request, context in try await token(request, context) }
        routes.post("refresh") { request, context in try await refresh(request, context) }
    }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("currentuser") { request, context in try await currentUser(request, context) }
    }

    private func signIn(_ request: Request, _ context: APIContext) async throws -> Response {
        let (user, email) = try await password.user(request, context)
        let session = try await sessions.start(for: user.id, email, version: user.version, request, context)
        var response = Response.json(session.representation)
        try await sessions.setCookies(of: session, on: &response)
        return response
    }

    /// Every response clears the cookies, even an error response: an outage must not keep a user signed in.
    private func signOut(_ request: Request, _ context: APIContext) async throws -> Response {
        var response: Response
        do {
            response = try await endSession(request, context)
        } catch {
            response = Problem.report(error, context).response(path: request.uri.path, requestID: context.requestID)
        }
        sessions.cookies.clear(on: &response)
        return response
    }

    /// Ends the session of the token in the body, or of the cookie if the body has no token.
    private func endSession(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.optionalJSONBody(context)
        var presented = sessions.cookies.refresh(request)
        if !body.isEmpty {
            presented = try RefreshInput(body, required: false, sessions.cookies.secrets).token ?? presented
        }
        if let presented {
            let result = try await sessions.end(presented, Preference(request.headers), request, context)
            if case .accepted = result { return result.response(.ok) }
        }
        return .json([String: String]())
    }

    /// The tokens of a session, for a client without cookies.
    private struct Tokens: Encodable {
        let accessToken: String
        /// Absent if another request rotated the token a moment ago.
        let refreshToken: String?
        let tokenType = "Bearer"
        /// Lifetime of the access token, in seconds.
        let expiresIn: Int64
    }

    private func tokens(_ accessToken: String, _ refresh: RefreshSecret?) -> Response {
        .json(
            Tokens(
                accessToken: accessToken, refreshToken: refresh?.text,
                expiresIn: sessions.tokens.lifetime.components.seconds))
    }

    private func token(_ request: Request, _ context: APIContext) async throws -> Response {
        let (user, email) = try await password.user(request, context)
        let session = try await sessions.start(for: user.id, email, version: user.version, request, context)
        return tokens(try sessions.tokens.sign(user: session.user, session: session.id), session.refresh)
    }

    private func refresh(_ request: Request, _ context: APIContext) async throws -> Response {
        let input = try RefreshInput(
            try await request.jsonBody(context), required: true, sessions.cookies.secrets)
        guard let presented = input.token else { throw Problem.sessionEnded }
        let address = addresses.of(request, context)
        switch try await renewal.renew(presented, from: address, trace: context.trace) {
        case .ended: throw Problem.sessionEnded
        case .banned: throw Problem.banned
        case .renewed(let renewed):
            guard bans.status(of: renewed.user.id) != .banned else { throw Problem.banned }
            return tokens(renewed.accessToken, renewed.refresh)
        }
    }

    private struct CurrentUser: Encodable {
        let currentUser: UserRepresentation?

        /// Writes `null` if nobody is signed in.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(currentUser, forKey: .currentUser)
        }

        private enum Key: String, CodingKey { case currentUser }
    }

    private func currentUser(_ request: Request, _ context: APIContext) async throws -> Response {
        switch context.identity {
        case .anonymous: return .json(CurrentUser(currentUser: nil))
        case .unknown(let problem): throw problem
        case .user(let requester): return .json(CurrentUser(currentUser: try await users.user(requester.id)))
        }
    }
}

/// The body of a sign-out or a refresh.
struct RefreshInput: Sendable {
    /// `nil` if the token is missing or forged.
    let token: RefreshSecret?

    init(_ body: [UInt8], required: Bool, _ secrets: RefreshSecrets) throws(Problem) {
        var fields = try JSONFields(body)
        let text = required || fields.has("refreshToken") ? fields.secret("refreshToken", bytes: 1...200) : nil
        guard fields.finish() else { throw fields.problem }
        token = text.flatMap(secrets.read)
    }
}

extension Problem {
    static let sessionEnded = Problem(
        .unauthorized, "signed-out", "Not signed in", "the session has ended: sign in again",
        headers: [.wwwAuthenticate: "Bearer error=\"invalid_token\""])
}
