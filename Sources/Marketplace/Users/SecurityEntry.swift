/// An entry of the security log: a change or an attempt that concerns access to an account. It is written in the
/// transaction of the change, never changed, and deleted after a set time.
public struct SecurityEntry: Hashable, Sendable {
    public enum Kind: String, NamedValue, Sendable {
        case signUp = "sign_up"
        case signIn = "sign_in"
        /// A wrong password for this account.
        case signInFailed = "sign_in_failed"
        case signOut = "sign_out"
        /// The user ended a session from another session.
        case sessionEnded = "session_ended"
        case otherSessionsEnded = "other_sessions_ended"
        /// A refresh token was presented again after its grace period, so it counts as stolen.
        case tokenReused = "token_reused"
        case emailChanged = "email_changed"
        case passwordChanged = "password_changed"
        case banned
        case unbanned
        case roleChanged = "role_changed"
    }

    public var at: Timestamp
    public var kind: Kind
    /// The sender of the command.
    public var actor: Actor
    /// The account that the entry is about.
    public var userId: UserID
    public var session: SessionID?
    /// The client's address, if known; for IPv6, its network.
    public var address: String?
    public var userAgent: String?
    /// The value before and after a change: an e-mail address, a role or a status.
    public var before: String?
    public var after: String?
    /// The reason that an admin gave.
    public var reason: String?

    public init(
        at: Timestamp, kind: Kind, actor: Actor, userId: UserID, session: SessionID? = nil, address: String? = nil,
        userAgent: String? = nil, before: String? = nil, after: String? = nil, reason: String? = nil
    ) {
        self.at = at
        self.kind = kind
        self.actor = actor
        self.userId = userId
        self.session = session
        self.address = address
        self.userAgent = userAgent
        self.before = before
        self.after = after
        self.reason = reason
    }
}
