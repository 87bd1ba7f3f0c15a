import Hummingbird
import Marketplace
import Passwords

/// Creates an account and its first session: for `POST /api/users/signup` and for the sign-up page.
struct SignUpRoute: Sendable {
    enum Outcome: Sendable {
        case started(SessionStart.StartedSession)
        /// The account is not created yet.
        case accepted(CommandResponse)
    }

    let gateway: CommandGateway
    let hasher: PasswordHasher
    let sessions: SessionStart
    let signInLimits: SignInLimits
    let addresses: ClientAddress
    let keys: DerivedKeys

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.jsonBody(context)
        let input = try SignUpInput(body)
        let command = try CommandRequest(
            request, context, actor: .nobody, route: "POST /api/users/signup", body: body, keys: keys)
        switch try await signUp(input, as: command, request, context) {
        case .accepted(let accepted): return accepted.response(.created)
        case .started(let session):
            var response = Response.json(session.representation, status: .created)
            try await sessions.setCookies(of: session, on: &response)
            return response
        }
    }

    func signUp(
        _ input: SignUpInput, as command: CommandRequest, _ request: Request, _ context: APIContext
    ) async throws -> Outcome {
        try await signInLimits.count(.signUp, addresses.of(request, context))
        let secret = sessions.cookies.secrets.make()
        // The password never leaves this process.
        let signUp = SignUp(
            email: input.email, passwordHash: try await hasher.hash(input.password.text),
            session: sessions.newSession(secret, request, context))
        let result = try await gateway.send(signUp, to: .users, as: command)
        guard let started = try result.decodeResult(SessionStarted.self) else { return .accepted(result) }
        guard started.tokenHash != secret.hash else {
            return .started(.init(user: started.user, email: input.email, id: started.sessionId, refresh: secret))
        }
        // A repeated request receives the first reply, but only the first client knows the refresh token. The body and
        // its password are the same, so a second session may start. The service refuses it if the account has changed
        // since, because the password may have changed too.
        return .started(
            try await sessions.start(
                for: started.user.id, input.email, version: started.user.version, request, context))
    }
}
