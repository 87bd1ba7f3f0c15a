/// An active session, as the API shows it to its user.
public struct SessionRepresentation: Codable, Hashable, Sendable {
    public var id: SessionID
    /// The browser's `User-Agent` when the session began. Empty if it sent none.
    public var userAgent: String
    public var createdAt: Timestamp
    /// The time of the last renewal of the access token, or of the sign-in if there was none.
    public var usedAt: Timestamp
    /// True for the session that makes the request.
    public var current: Bool

    public init(id: SessionID, userAgent: String, createdAt: Timestamp, usedAt: Timestamp, current: Bool) {
        self.id = id
        self.userAgent = userAgent
        self.createdAt = createdAt
        self.usedAt = usedAt
        self.current = current
    }
}
