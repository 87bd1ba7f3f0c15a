import Bootstrap
import Hummingbird
import Marketplace

/// Changes a refresh token for an access token, and mostly for the next refresh token.
struct SessionRenewal: Sendable {
    enum Outcome: Sendable {
        case renewed(Renewed)
        /// The session has ended, or never was.
        case over
        case banned
    }

    struct Renewed: Sendable {
        var user: UserRepresentation
        var session: SessionID
        var accessToken: String
        /// Nil when another request changed the token a moment ago: the client has, or is about to have, that one.
        var refresh: RefreshSecret?
        /// When the access token runs out.
        var expiresAt: Timestamp

        var requester: Requester {
            Requester(id: user.id, session: session, version: user.version, role: user.role, expiresAt: expiresAt)
        }
    }

    let gateway: CommandGateway
    let tokens: AccessTokens
    let secrets: RefreshSecrets

    /// A page waits no longer for it.
    private static let waitSeconds = 5

    /// - Throws: ``Problem`` when the users service can't be reached in time.
    func renew(_ presented: RefreshSecret, trace: TraceContext) async throws -> Outcome {
        let next = secrets.make()
        let command = CommandRequest(
            id: .new(), actor: .nobody, trace: trace, preference: Preference(waitSeconds: Self.waitSeconds))
        let answer: CommandAnswer
        do {
            answer = try await gateway.send(
                RotateSession(presented: presented.hash, next: next.hash), to: .users, as: command)
        } catch let problem as Problem where problem.status == .unauthorized {
            return .over
        } catch let problem as Problem where problem.status == .forbidden {
            return .banned
        }
        guard let rotation = try answer.result(SessionRotation.self) else {
            throw Problem.unavailable("the session could not be renewed just now: try again")
        }
        let now = Timestamp.now()
        return .renewed(
            Renewed(
                user: rotation.user, session: rotation.sessionId,
                accessToken: try await tokens.sign(user: rotation.user, session: rotation.sessionId, now: now),
                refresh: rotation.outcome == .rotated ? next : nil, expiresAt: now + tokens.life))
    }
}
