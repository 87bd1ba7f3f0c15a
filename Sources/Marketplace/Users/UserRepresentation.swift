/// An account, as the API shows it to its own user.
public struct UserRepresentation: Codable, Hashable, Sendable {
    public var id: UserID
    public var email: String
    public var role: UserState.Role
    public var version: Int64
    public var createdAt: Timestamp

    public init(id: UserID, email: String, role: UserState.Role, version: Int64, createdAt: Timestamp) {
        self.id = id
        self.email = email
        self.role = role
        self.version = version
        self.createdAt = createdAt
    }
}
