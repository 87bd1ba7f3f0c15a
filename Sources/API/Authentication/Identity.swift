import Marketplace

/// The user of a request, if known.
enum Identity: Sendable {
    /// The request carries no session.
    case anonymous
    case user(Requester)
    /// The request carries a session that cannot be renewed at the moment. The user is unknown, which is not the same
    /// as anonymous.
    case unknown(Problem)
}

/// A user with a valid access token.
struct Requester: Hashable, Sendable {
    let id: UserID
    let session: SessionID
    /// The version of the user when the token was signed.
    let version: Int64
    let role: UserState.Role
    /// When the token expires.
    let expiresAt: Timestamp

    var actor: Actor { .user(id) }
}

extension APIContext {
    /// The user, for a route that requires one.
    ///
    /// - Throws: ``Problem``: 401 if anonymous, 503 if the session cannot be renewed at the moment.
    func requireUser() throws(Problem) -> Requester {
        switch identity {
        case .user(let requester): return requester
        case .anonymous: throw .signedOut
        case .unknown(let problem): throw problem
        }
    }

    /// True if the request carries a session, even one that cannot be renewed at the moment.
    var isSignedIn: Bool { if case .anonymous = identity { false } else { true } }

    /// The user, for a route that is open to everyone; `nil` if not known.
    var user: Requester? { if case .user(let requester) = identity { requester } else { nil } }
}
