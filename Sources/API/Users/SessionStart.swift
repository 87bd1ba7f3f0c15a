import HTTPTypes
import Hummingbird
import Marketplace

/// Begins sessions, and hands out what shows them.
struct SessionStart: Sendable {
    let gateway: CommandGateway
    let tokens: AccessTokens
    let cookies: SessionCookies

    /// A session that has begun, with what only the client may know of it.
    struct Begun: Sendable {
        var user: UserRepresentation
        var session: SessionID
        var refresh: RefreshSecret
    }

    static let userAgentLimit = 200

    static func newSession(_ secret: RefreshSecret, _ request: Request) -> NewSession {
        let agent = (request.headers[.userAgent] ?? "").unicodeScalars.filter { !$0.isUnwelcome }
        return NewSession(
            id: .new(), tokenHash: secret.hash,
            userAgent: String(String.UnicodeScalarView(agent.prefix(userAgentLimit))))
    }

    /// For someone who has shown the password.
    ///
    /// - Parameter version: of the user whose password it was, where it was looked at.
    func begin(
        for user: UserID, version: Int64? = nil, _ request: Request, _ context: APIContext
    ) async throws -> Begun {
        let secret = cookies.secrets.make()
        let command = CommandRequest(
            id: .new(), actor: .user(user), trace: context.trace, preference: Preference(waitSeconds: 10))
        let answer = try await gateway.send(
            StartSession(userId: user, session: Self.newSession(secret, request), userVersion: version), to: .users,
            as: command)
        guard let started = try answer.result(SessionStarted.self) else {
            throw Problem.unavailable("the session could not be begun just now: try again")
        }
        return Begun(user: started.user, session: started.sessionId, refresh: secret)
    }

    /// Ends the session of a refresh token.
    func end(_ presented: RefreshSecret, _ preference: Preference, _ context: APIContext) async throws -> CommandAnswer
    {
        let command = CommandRequest(id: .new(), actor: .nobody, trace: context.trace, preference: preference)
        return try await gateway.send(EndSession(presented: presented.hash), to: .users, as: command)
    }

    /// Sets the cookies of a session.
    func show(_ begun: Begun, on response: inout Response) async throws {
        cookies.setAccess(try await tokens.sign(user: begun.user, session: begun.session), on: &response)
        cookies.setRefresh(begun.refresh, on: &response)
    }
}
