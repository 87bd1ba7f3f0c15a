import HTTPTypes
import Hummingbird
import Marketplace

/// Starts and ends sessions, and sets their cookies.
struct SessionStart: Sendable {
    let gateway: CommandGateway
    let tokens: AccessTokens
    let cookies: SessionCookies
    let devices: DeviceCookies
    let addresses: ClientAddress
    let budget: AddressBudget

    /// A started session, with the refresh token that only the client may know.
    struct StartedSession: Sendable {
        var user: AccountReply
        var email: EmailAddress
        var id: SessionID
        var refresh: RefreshSecret

        var representation: UserRepresentation { user.representation(email: email) }
    }

    func newSession(_ secret: RefreshSecret, _ request: Request, _ context: APIContext) -> NewSession {
        NewSession(
            id: .new(), tokenHash: secret.hash, userAgent: Self.userAgent(request),
            address: addresses.of(request, context))
    }

    static func userAgent(_ request: Request) -> String {
        let agent = (request.headers[.userAgent] ?? "").unicodeScalars.filter { !$0.isDisallowedInText }
        return String(String.UnicodeScalarView(agent.prefix(NewSession.userAgentLimit)))
    }

    /// Starts a session for a user whose password was checked.
    ///
    /// - Parameter version: the user's version at the time of the password check.
    func start(
        for user: UserID, _ email: EmailAddress, version: Int64? = nil, _ request: Request, _ context: APIContext
    ) async throws -> StartedSession {
        let secret = cookies.secrets.make()
        let command = CommandRequest(
            id: .new(), actor: .user(user), trace: context.trace, preference: Preference(waitSeconds: 10))
        let result = try await gateway.send(
            StartSession(userId: user, session: newSession(secret, request, context), userVersion: version), to: .users,
            as: command)
        guard let started = try result.decodeResult(SessionStarted.self) else {
            throw Problem.unavailable("the session cannot be started at the moment: try again")
        }
        return StartedSession(user: started.user, email: email, id: started.sessionId, refresh: secret)
    }

    /// Ends the session of a refresh token.
    func end(
        _ presented: RefreshSecret, _ preference: Preference, _ request: Request, _ context: APIContext
    ) async throws -> CommandResponse {
        // The command has no user, so no ``CommandBudget`` limits it.
        try budget.take(addresses.of(request, context))
        let command = CommandRequest(id: .new(), actor: .nobody, trace: context.trace, preference: preference)
        return try await gateway.send(EndSession(presented: presented.hash), to: .users, as: command)
    }

    func setCookies(of session: StartedSession, on response: inout Response) async throws {
        cookies.setAccess(try tokens.sign(user: session.user, session: session.id), on: &response)
        cookies.setRefresh(session.refresh, on: &response)
        devices.set(for: session.user.id, on: &response)
    }
}
