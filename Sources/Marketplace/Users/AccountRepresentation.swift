/// An account, as the API shows it to admins.
public struct AccountRepresentation: Codable, Hashable, Sendable {
    public var id: UserID
    public var email: String
    public var role: UserState.Role
    public var status: UserState.Status
    /// The reason for a ban.
    public var banReason: String?
    public var version: Int64
    public var createdAt: Timestamp
    public var updatedAt: Timestamp
    /// The number of active sessions.
    public var sessions: Int

    public init(
        id: UserID, email: String, role: UserState.Role, status: UserState.Status, banReason: String?, version: Int64,
        createdAt: Timestamp, updatedAt: Timestamp, sessions: Int
    ) {
        self.id = id
        self.email = email
        self.role = role
        self.status = status
        self.banReason = banReason
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.sessions = sessions
    }
}
