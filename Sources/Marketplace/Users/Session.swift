/// A signed-in browser: a family of refresh tokens.
public struct Session: Hashable, Sendable {
    public struct End: Hashable, Sendable {
        public enum Reason: String, Sendable {
            case signedOut = "signed_out"
            /// A refresh token was presented again after its grace period.
            case tokenReused = "token_reused"
            case banned
            /// The password was changed in another session.
            case passwordChanged = "password_changed"
        }
        public var at: Timestamp
        public var reason: Reason

        public init(at: Timestamp, reason: Reason) {
            self.at = at
            self.reason = reason
        }
    }

    public var id: SessionID
    public var userId: UserID
    public var userAgent: String
    public var createdAt: Timestamp
    public var usedAt: Timestamp
    public var expiresAt: Timestamp
    public var ended: End?

    public init(
        id: SessionID, userId: UserID, userAgent: String, createdAt: Timestamp, usedAt: Timestamp, expiresAt: Timestamp,
        ended: End?
    ) {
        self.id = id
        self.userId = userId
        self.userAgent = userAgent
        self.createdAt = createdAt
        self.usedAt = usedAt
        self.expiresAt = expiresAt
        self.ended = ended
    }
}

/// A refresh token. Only its hash is stored.
public struct RefreshToken: Hashable, Sendable {
    public var hash: TokenHash
    public var sessionId: SessionID
    public var issuedAt: Timestamp
    /// When the next token replaced it.
    public var rotatedAt: Timestamp?

    public init(hash: TokenHash, sessionId: SessionID, issuedAt: Timestamp, rotatedAt: Timestamp?) {
        self.hash = hash
        self.sessionId = sessionId
        self.issuedAt = issuedAt
        self.rotatedAt = rotatedAt
    }
}
