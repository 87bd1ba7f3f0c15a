import FoundationEssentials

/// Creates an account and its first session. The command's id becomes the user's id.
///
/// The sender hashes the password and creates the token, so that no command contains a password or a token.
public struct SignUp: CommandPayload {
    public static let isConfidential = true

    public var email: EmailAddress
    /// An encoded Argon2id hash.
    public var passwordHash: String
    public var session: NewSession

    public init(email: EmailAddress, passwordHash: String, session: NewSession) {
        self.email = email
        self.passwordHash = passwordHash
        self.session = session
    }
}

/// A session to create: a family of refresh tokens. Only their hashes are stored.
public struct NewSession: Codable, Hashable, Sendable {
    /// Maximum length of the `User-Agent`, in Unicode scalars. The sender truncates it.
    public static let userAgentLimit = 200

    public var id: SessionID
    /// SHA-256 of the first refresh token.
    public var tokenHash: TokenHash
    /// The browser's `User-Agent`, truncated to ``userAgentLimit``.
    public var userAgent: String
    /// The client's address, for the security log; for IPv6, its network. Version 0.9 of the API does not send it.
    public var address: String?

    public init(id: SessionID, tokenHash: TokenHash, userAgent: String, address: String? = nil) {
        self.id = id
        self.tokenHash = tokenHash
        self.userAgent = userAgent
        self.address = address
    }
}

/// Creates a session for a user whose password the sender has verified.
public struct StartSession: CommandPayload {
    public static let isConfidential = true

    public var userId: UserID
    public var session: NewSession
    /// The user's version when the password was verified. If the current version is different, the command is refused.
    public var userVersion: Int64?
    public init(userId: UserID, session: NewSession, userVersion: Int64? = nil) {
        self.userId = userId
        self.session = session
        self.userVersion = userVersion
    }
}

/// Exchanges a refresh token for the next one of its session. The reply is a ``SessionRotation``.
public struct RotateSession: CommandPayload {
    public var presented: TokenHash
    public var next: TokenHash
    public init(presented: TokenHash, next: TokenHash) {
        self.presented = presented
        self.next = next
    }
}

/// Ends the session of a refresh token. Ending an ended session is not an error.
public struct EndSession: CommandPayload {
    public var presented: TokenHash
    public init(presented: TokenHash) { self.presented = presented }
}

/// Ends one of the user's own sessions by id. Ending an ended session is not an error.
public struct EndOwnSession: CommandPayload {
    public var userId: UserID
    public var sessionId: SessionID
    /// The requesting session, which must be active. Version 0.9 of the API does not name it.
    public var requestedBy: SessionID?
    public init(userId: UserID, sessionId: SessionID, requestedBy: SessionID?) {
        self.userId = userId
        self.sessionId = sessionId
        self.requestedBy = requestedBy
    }
}

/// Ends all of the user's own sessions except the requesting one.
public struct EndOtherSessions: CommandPayload {
    public var userId: UserID
    /// The requesting session, which is kept.
    public var keep: SessionID
    public init(userId: UserID, keep: SessionID) {
        self.userId = userId
        self.keep = keep
    }
}

/// Changes the e-mail address of a user whose password the sender has verified. The reply is an ``AccountReply``.
public struct ChangeEmail: CommandPayload {
    public static let isConfidential = true

    public var userId: UserID
    public var email: EmailAddress
    /// The user's version when the password was verified.
    public var userVersion: Int64?
    public init(userId: UserID, email: EmailAddress, userVersion: Int64? = nil) {
        self.userId = userId
        self.email = email
        self.userVersion = userVersion
    }
}

/// Changes the password of a user whose current password the sender has verified, and ends all sessions except the
/// requesting one. The reply is an ``AccountReply``.
public struct ChangePassword: CommandPayload {
    public static let isConfidential = true

    public var userId: UserID
    /// An encoded Argon2id hash.
    public var passwordHash: String
    /// The requesting session, which is kept.
    public var keep: SessionID
    /// The user's version when the password was verified.
    public var userVersion: Int64?
    public init(userId: UserID, passwordHash: String, keep: SessionID, userVersion: Int64? = nil) {
        self.userId = userId
        self.passwordHash = passwordHash
        self.keep = keep
        self.userVersion = userVersion
    }
}

/// Bans a user: the user's sessions end, API processes refuse the user's requests, listings are withdrawn, and unpaid
/// orders are cancelled.
public struct BanUser: CommandPayload {
    /// Allowed length of the reason, in Unicode scalars.
    public static let reasonLength = 1...500

    public var userId: UserID
    public var reason: String
    /// True to freeze the paid orders of the user's listings, even if the user is already banned.
    public var freezesOrders: Bool?
    public init(userId: UserID, reason: String, freezesOrders: Bool? = nil) {
        self.userId = userId
        self.reason = reason
        self.freezesOrders = freezesOrders
    }
}

/// Lifts a ban.
public struct UnbanUser: CommandPayload {
    public var userId: UserID
    /// True to release the frozen orders of the user's listings.
    public var unfreezesOrders: Bool?
    public init(userId: UserID, unfreezesOrders: Bool? = nil) {
        self.userId = userId
        self.unfreezesOrders = unfreezesOrders
    }
}

/// Makes a user an admin or a member.
public struct ChangeRole: CommandPayload {
    public var userId: UserID
    public var role: UserState.Role
    public init(userId: UserID, role: UserState.Role) {
        self.userId = userId
        self.role = role
    }
}

/// The commands of the users service.
public enum UsersCommand: Sendable {
    case signUp(SignUp)
    case startSession(StartSession)
    case rotateSession(RotateSession)
    case endSession(EndSession)
    case endOwnSession(EndOwnSession)
    case endOtherSessions(EndOtherSessions)
    case changeEmail(ChangeEmail)
    case changePassword(ChangePassword)
    case banUser(BanUser)
    case unbanUser(UnbanUser)
    case changeRole(ChangeRole)
    case recordFailedSignIn(RecordFailedSignIn)
}

/// The reply to ``SignUp`` and ``StartSession``.
public struct SessionStarted: Codable, Hashable, Sendable {
    public var user: AccountReply
    public var sessionId: SessionID
    /// The hash with which the session was created. If it differs from the sender's hash, the reply is a replay.
    public var tokenHash: TokenHash

    public init(user: AccountReply, sessionId: SessionID, tokenHash: TokenHash) {
        self.user = user
        self.sessionId = sessionId
        self.tokenHash = tokenHash
    }
}

/// The reply to ``RotateSession``.
public struct SessionRotation: Codable, Hashable, Sendable {
    public enum Outcome: String, Codable, Sendable {
        /// The next token is now the session's current token.
        case rotated
        /// Another request rotated the token within the grace period. The session stays active, and the next token of
        /// *this* request is not used.
        case alreadyRotated = "already_rotated"
    }
    public var outcome: Outcome
    public var sessionId: SessionID
    public var user: AccountReply

    public init(outcome: Outcome, sessionId: SessionID, user: AccountReply) {
        self.outcome = outcome
        self.sessionId = sessionId
        self.user = user
    }
}
