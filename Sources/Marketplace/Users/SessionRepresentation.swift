/// A session that is not over, as its user sees it.
public struct SessionRepresentation: Codable, Hashable, Sendable {
    public var id: SessionID
    /// What the browser called itself when the session began; empty when it said nothing.
    public var userAgent: String
    public var createdAt: Timestamp
    /// When it was last renewed.
    public var usedAt: Timestamp
    /// Whether it is the one that asks.
    public var current: Bool

    public init(id: SessionID, userAgent: String, createdAt: Timestamp, usedAt: Timestamp, current: Bool) {
        self.id = id
        self.userAgent = userAgent
        self.createdAt = createdAt
        self.usedAt = usedAt
        self.current = current
    }
}
