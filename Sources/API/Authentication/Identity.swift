import Marketplace

/// Who makes a request, as far as that could be told.
enum Identity: Sendable {
    /// Nobody is signed in.
    case nobody
    case user(Requester)
    /// There is a session, but what it needs to be renewed can't be reached: not known, and not to be taken for nobody.
    case unknown(Problem)
}

/// A user who has shown a valid access token.
struct Requester: Hashable, Sendable {
    let id: UserID
    let session: SessionID
    /// The version of the user that the token was made of.
    let version: Int64
    let role: UserState.Role
    /// When the token runs out.
    let expiresAt: Timestamp

    var actor: Actor { .user(id) }
}

extension APIContext {
    /// The user, for a route that is for users only.
    func requireUser() throws(Problem) -> Requester {
        switch identity {
        case .user(let requester): return requester
        case .nobody: throw .signedOut
        case .unknown(let problem): throw problem
        }
    }

    /// Whether a session was shown, be it that it can't be told just now whose.
    var isSomebody: Bool { if case .nobody = identity { false } else { true } }

    /// The user, for a route that is for everyone.
    var user: Requester? { if case .user(let requester) = identity { requester } else { nil } }
}
