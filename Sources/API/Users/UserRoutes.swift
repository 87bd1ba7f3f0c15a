import FoundationEssentials
import HTTPTypes
import Hummingbird
import Marketplace
import Storage

/// Accounts and sessions.
struct UserRoutes: Sendable {
    let signUp: SignUpRoute
    let password: PasswordCheck
    let sessions: SessionStart
    let renewal: SessionRenewal
    let gateway: CommandGateway
    let users: UserReads
    let bans: BanList

    /// The routes that make, renew and end sessions: none of them asks who is signed in.
    func addOpen(to routes: RouterGroup<APIContext>) {
        routes.post("signup") { request, context in try await signUp.handle(request, context) }
        routes.post("signin") { request, context in try await signIn(request, context) }
        routes.post("signout") { request, context in try await signOut(request, context) }
        routes.post("token") { request, context in try await token(request, context) }
        routes.post("refresh") { request, context in try await refresh(request, context) }
    }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("currentuser") { request, context in try await currentUser(request, context) }
    }

    private func signIn(_ request: Request, _ context: APIContext) async throws -> Response {
        let user = try await password.user(request, context)
        let begun = try await sessions.begin(for: user.id, version: user.version, request, context)
        var response = Response.json(begun.user)
        try await sessions.show(begun, on: &response)
        return response
    }

    /// Whatever the answer is, the browser forgets the session: who leaves is not kept by what is away just now.
    private func signOut(_ request: Request, _ context: APIContext) async throws -> Response {
        var response: Response
        do {
            response = try await endSession(request, context)
        } catch {
            response = Problem.telling(error, context).response(path: request.uri.path, requestID: context.requestID)
        }
        sessions.cookies.clear(on: &response)
        return response
    }

    /// Ends the session of the cookie, or of the token in the body, where there is one.
    private func endSession(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.optionalJSONBody(context)
        var presented = sessions.cookies.refresh(request)
        if !body.isEmpty {
            presented = try RefreshInput(body, required: false, sessions.cookies.secrets).token ?? presented
        }
        if let presented {
            let answer = try await sessions.end(presented, Preference(request.headers), context)
            if case .accepted = answer { return answer.response(.ok) }
        }
        return .json([String: String]())
    }

    /// The tokens of a session, for a client that keeps no cookies.
    private struct Tokens: Encodable {
        let accessToken: String
        /// Absent when another request changed it a moment ago.
        let refreshToken: String?
        let tokenType = "Bearer"
        /// Seconds.
        let expiresIn: Int64
    }

    private func tokens(_ accessToken: String, _ refresh: RefreshSecret?) -> Response {
        .json(
            Tokens(
                accessToken: accessToken, refreshToken: refresh?.text,
                expiresIn: sessions.tokens.life.components.seconds))
    }

    private func token(_ request: Request, _ context: APIContext) async throws -> Response {
        let user = try await password.user(request, context)
        let begun = try await sessions.begin(for: user.id, version: user.version, request, context)
        return tokens(try await sessions.tokens.sign(user: begun.user, session: begun.session), begun.refresh)
    }

    private func refresh(_ request: Request, _ context: APIContext) async throws -> Response {
        let input = try RefreshInput(
            try await request.jsonBody(context), required: true, sessions.cookies.secrets)
        guard let presented = input.token else { throw Problem.refreshRefused }
        switch try await renewal.renew(presented, trace: context.trace) {
        case .over: throw Problem.refreshRefused
        case .banned: throw Problem.banned
        case .renewed(let renewed):
            guard bans.standing(of: renewed.user.id) != .banned else { throw Problem.banned }
            return tokens(renewed.accessToken, renewed.refresh)
        }
    }

    private struct CurrentUser: Encodable {
        let currentUser: UserRepresentation?

        /// `null` is written, where there is nobody.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(currentUser, forKey: .currentUser)
        }

        private enum Key: String, CodingKey { case currentUser }
    }

    private func currentUser(_ request: Request, _ context: APIContext) async throws -> Response {
        switch context.identity {
        case .nobody: return .json(CurrentUser(currentUser: nil))
        case .unknown(let problem): throw problem
        case .user(let requester): return .json(CurrentUser(currentUser: try await users.user(requester.id)))
        }
    }
}

/// A refresh token in a body.
struct RefreshInput: Sendable {
    /// Nil when there is none, or what is there was not made here.
    let token: RefreshSecret?

    init(_ body: [UInt8], required: Bool, _ secrets: RefreshSecrets) throws(Problem) {
        var fields = try JSONFields(body)
        let text = required || fields.has("refreshToken") ? fields.secret("refreshToken", bytes: 1...200) : nil
        guard fields.finish() else { throw fields.problem }
        token = text.flatMap(secrets.read)
    }
}

extension Problem {
    static let refreshRefused = Problem(
        .unauthorized, "signed-out", "Not signed in", "the session is over: sign in again",
        headers: [.wwwAuthenticate: "Bearer error=\"invalid_token\""])
}
