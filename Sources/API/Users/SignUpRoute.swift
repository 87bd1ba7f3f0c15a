import Hummingbird
import Marketplace
import Passwords

/// `POST /api/users/signup`: makes an account and its first session.
struct SignUpRoute: Sendable {
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
        try await attempts.count(.signUp, addresses.of(request, context))
        let secret = sessions.cookies.secrets.make()
        // No password leaves this process.
        let signUp = SignUp(
            email: input.email, passwordHash: try await hasher.hash(input.password),
            session: SessionStart.newSession(secret, request))
        let answer = try await gateway.send(signUp, to: .users, as: command)
        guard let started = try answer.result(SessionStarted.self) else { return answer.response(.created) }
        var begun = SessionStart.Begun(user: started.user, session: started.sessionId, refresh: secret)
        if started.tokenHash != secret.hash {
            // A repeat is answered with the first reply, whose token is not ours. The body was the same, so the password
            // was: a session of its own may begin.
            begun = try await sessions.begin(for: started.user.id, request, context)
        }
        var response = Response.json(begun.user, status: .created)
        try await sessions.show(begun, on: &response)
        return response
    }
}
