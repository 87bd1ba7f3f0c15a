import Bootstrap
import Hummingbird
import Marketplace

/// Exchanges a refresh token for an access token and, normally, the next refresh token.
struct SessionRenewal: Sendable {
    enum Outcome: Sendable {
        case renewed(Renewed)
        /// The session has ended, or never existed.
        case ended
        case banned
    }

    struct Renewed: Sendable {
        var user: AccountReply
        var session: SessionID
        var accessToken: String
        /// `nil` if another request rotated the token a moment ago: the client receives the next token in the response
        /// to that request.
        var refresh: RefreshSecret?
        /// When the access token expires.
        var expiresAt: Timestamp

        var requester: Requester {
            Requester(id: user.id, session: session, version: user.version, role: user.role, expiresAt: expiresAt)
        }
    }

    let gateway: CommandGateway
    let tokens: AccessTokens
    let secrets: RefreshSecrets
    let budget: AddressBudget

    /// Maximum time that a request waits for a renewal, in seconds.
    private static let waitSeconds = 5

    /// - Parameter address: the client's address from ``ClientAddress``.
    /// - Throws: ``Problem`` if the address renews too often, or if the users service does not reply in time.
    func renew(_ presented: RefreshSecret, from address: String, trace: TraceContext) async throws -> Outcome {
        try budget.take(address)
        let next = secrets.make()
        let command = CommandRequest(
            id: .new(), actor: .nobody, trace: trace, preference: Preference(waitSeconds: Self.waitSeconds))
        let response: CommandResponse
        do {
            response = try await gateway.send(
                RotateSession(presented: presented.hash, next: next.hash), to: .users, as: command)
        } catch let problem as Problem where problem.status == .unauthorized {
            return .ended
        } catch let problem as Problem where problem.status == .forbidden {
            return .banned
        }
        guard let rotation = try response.decodeResult(SessionRotation.self) else {
            throw Problem.unavailable("the session cannot be renewed at the moment: try again")
        }
        let now = Timestamp.now()
        return .renewed(
            Renewed(
                user: rotation.user, session: rotation.sessionId,
                accessToken: try tokens.sign(user: rotation.user, session: rotation.sessionId, now: now),
                refresh: rotation.outcome == .rotated ? next : nil, expiresAt: now + tokens.lifetime))
    }
}
