/// An account in a reply. Replies pass through Redis, so this one has no e-mail address. The sender of the command
/// knows the address.
public struct AccountReply: Codable, Hashable, Sendable {
    public var id: UserID
    public var role: UserState.Role
    public var version: Int64
    public var createdAt: Timestamp
    /// Always empty. Version 0.9 of the API requires the member.
    private var email = ""

    public init(id: UserID, role: UserState.Role, version: Int64, createdAt: Timestamp) {
        self.id = id
        self.role = role
        self.version = version
        self.createdAt = createdAt
    }

    /// The account as its user sees it.
    public func representation(email: EmailAddress) -> UserRepresentation {
        UserRepresentation(id: id, email: email.text, role: role, version: version, createdAt: createdAt)
    }
}
