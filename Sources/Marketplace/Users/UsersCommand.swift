import FoundationEssentials

/// Makes an account and its first session. The id of the command is the user's.
///
/// Passwords are hashed and tokens made by who sends it: no secret is in a command.
public struct SignUp: CommandPayload {
    /// As ``EmailAddress`` writes it.
    public var email: EmailAddress
    /// Argon2id, in its encoded form.
    public var passwordHash: String
    public var session: NewSession

    public init(email: EmailAddress, passwordHash: String, session: NewSession) {
        self.email = email
        self.passwordHash = passwordHash
        self.session = session
    }
}

/// A session to begin: a family of refresh tokens, of which only hashes are known.
public struct NewSession: Codable, Hashable, Sendable {
    public var id: SessionID
    /// SHA-256 of the first refresh token.
    public var tokenHash: TokenHash
    /// What the browser calls itself, cut to 200 characters.
    public var userAgent: String

    public init(id: SessionID, tokenHash: TokenHash, userAgent: String) {
        self.id = id
        self.tokenHash = tokenHash
        self.userAgent = userAgent
    }
}

/// Begins a session for someone who has shown the password.
public struct StartSession: CommandPayload {
    public var userId: UserID
    public var session: NewSession
    /// The version of the user whose password was shown: one that was changed meanwhile begins no session.
    public var userVersion: Int64?
    public init(userId: UserID, session: NewSession, userVersion: Int64? = nil) {
        self.userId = userId
        self.session = session
        self.userVersion = userVersion
    }
}

/// Changes a refresh token for the next of its family. The reply is a ``SessionRotation``.
public struct RotateSession: CommandPayload {
    public var presented: TokenHash
    public var next: TokenHash
    public init(presented: TokenHash, next: TokenHash) {
        self.presented = presented
        self.next = next
    }
}

/// Ends the session that a refresh token belongs to. Ending one that is over is no error.
public struct EndSession: CommandPayload {
    public var presented: TokenHash
    public init(presented: TokenHash) { self.presented = presented }
}

/// Ends a session of one's own by its id: one somewhere else, mostly. Ending one that is over is no error.
public struct EndOwnSession: CommandPayload {
    public var userId: UserID
    public var sessionId: SessionID
    public init(userId: UserID, sessionId: SessionID) {
        self.userId = userId
        self.sessionId = sessionId
    }
}

/// Ends every session of one's own but the one that asks.
public struct EndOtherSessions: CommandPayload {
    public var userId: UserID
    /// The session that asks.
    public var keep: SessionID
    public init(userId: UserID, keep: SessionID) {
        self.userId = userId
        self.keep = keep
    }
}

/// Changes the e-mail address of someone who has shown the password. The reply is a ``UserRepresentation``.
public struct ChangeEmail: CommandPayload {
    public var userId: UserID
    public var email: EmailAddress
    /// The version of the user whose password was shown.
    public var userVersion: Int64?
    public init(userId: UserID, email: EmailAddress, userVersion: Int64? = nil) {
        self.userId = userId
        self.email = email
        self.userVersion = userVersion
    }
}

/// Changes the password of someone who has shown the present one, and ends every session but the one that asks. The
/// reply is a ``UserRepresentation``.
public struct ChangePassword: CommandPayload {
    public var userId: UserID
    /// Argon2id, in its encoded form.
    public var passwordHash: String
    /// The session that asks.
    public var keep: SessionID
    /// The version of the user whose password was shown.
    public var userVersion: Int64?
    public init(userId: UserID, passwordHash: String, keep: SessionID, userVersion: Int64? = nil) {
        self.userId = userId
        self.passwordHash = passwordHash
        self.keep = keep
        self.userVersion = userVersion
    }
}

/// Bans a user: sessions end, API processes refuse, unpaid orders are cancelled.
public struct BanUser: CommandPayload {
    /// Of a reason, in Unicode scalars.
    public static let reasonLength = 1...500

    public var userId: UserID
    public var reason: String
    public init(userId: UserID, reason: String) {
        self.userId = userId
        self.reason = reason
    }
}

/// Lifts a ban.
public struct UnbanUser: CommandPayload {
    public var userId: UserID
    public init(userId: UserID) { self.userId = userId }
}

/// Makes a user an admin, or a member again.
public struct ChangeRole: CommandPayload {
    public var userId: UserID
    public var role: UserState.Role
    public init(userId: UserID, role: UserState.Role) {
        self.userId = userId
        self.role = role
    }
}

/// All that the users service can be asked.
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
}

/// The reply to ``SignUp`` and ``StartSession``.
public struct SessionStarted: Codable, Hashable, Sendable {
    public var user: UserRepresentation
    public var sessionId: SessionID
    /// The hash that the session was begun with. Another than the sender's own tells that the reply is a replay.
    public var tokenHash: TokenHash

    public init(user: UserRepresentation, sessionId: SessionID, tokenHash: TokenHash) {
        self.user = user
        self.sessionId = sessionId
        self.tokenHash = tokenHash
    }
}

/// The reply to ``RotateSession``.
public struct SessionRotation: Codable, Hashable, Sendable {
    public enum Outcome: String, Codable, Sendable {
        /// The next token is the family's token now.
        case rotated
        /// Another request changed it less than the grace ago: the session lives, and the next token of *this* request
        /// was not taken.
        case alreadyRotated = "already_rotated"
    }
    public var outcome: Outcome
    public var sessionId: SessionID
    public var user: UserRepresentation

    public init(outcome: Outcome, sessionId: SessionID, user: UserRepresentation) {
        self.outcome = outcome
        self.sessionId = sessionId
        self.user = user
    }
}
