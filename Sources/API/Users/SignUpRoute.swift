import Hummingbird
import Marketplace
import Passwords

/// Makes an account and its first session: for `POST /api/users/signup` and for the page.
struct SignUpRoute: Sendable {
    enum Outcome: Sendable {
        case begun(SessionStart.Begun)
        /// Not done yet.
        case accepted(CommandAnswer)
    }

    let gateway: CommandGateway
    let hasher: PasswordHasher
    let sessions: SessionStart
    let attempts: AttemptLimits
    let addresses: ClientAddress
    let keys: DerivedKeys

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.jsonBody(context)
        let input = try CredentialsInput(body, passwordBytes: CredentialsInput.newPasswordBytes)
        let command = try CommandRequest(
            request, context, actor: .nobody, route: "POST /api/users/signup", body: body, keys: keys)
        switch try await signUp(input, as: command, request, context) {
        case .accepted(let answer): return answer.response(.created)
        case .begun(let begun):
            var response = Response.json(begun.user, status: .created)
            try await sessions.show(begun, on: &response)
            return response
        }
    }

    func signUp(
        _ input: CredentialsInput, as command: CommandRequest, _ request: Request, _ context: APIContext
    ) async throws -> Outcome {
        try await attempts.count(.signUp, addresses.of(request, context))
        let secret = sessions.cookies.secrets.make()
        // No password leaves this process.
        let signUp = SignUp(
            email: input.email, passwordHash: try await hasher.hash(input.password),
            session: SessionStart.newSession(secret, request))
        let answer = try await gateway.send(signUp, to: .users, as: command)
        guard let started = try answer.result(SessionStarted.self) else { return .accepted(answer) }
        guard started.tokenHash != secret.hash else {
            return .begun(.init(user: started.user, session: started.sessionId, refresh: secret))
        }
        // A repeat is answered with the first reply, whose token is not ours. The body was the same, so the password
        // was: a session of its own may begin, unless the account was changed since: its password may be another now.
        return .begun(
            try await sessions.begin(for: started.user.id, version: started.user.version, request, context))
    }
}
