/// An account with all its data, as the users service stores it.
public struct User: Hashable, Sendable {
    public var id: UserID
    public var email: EmailAddress
    public var passwordHash: String
    public var role: UserState.Role
    public var status: UserState.Status
    public var banReason: String?
    /// See ``UserState/ordersFrozen``.
    public var ordersFrozen: Bool?
    public var version: Int64
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        id: UserID, email: EmailAddress, passwordHash: String, role: UserState.Role, status: UserState.Status,
        banReason: String?, ordersFrozen: Bool? = nil, version: Int64, createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.id = id
        self.email = email
        self.passwordHash = passwordHash
        self.role = role
        self.status = status
        self.banReason = banReason
        self.ordersFrozen = ordersFrozen
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// The part that other services may know.
    public var state: UserState {
        UserState(id: id, status: status, role: role, version: version, ordersFrozen: ordersFrozen)
    }

    /// The part that a reply has.
    public var reply: AccountReply { AccountReply(id: id, role: role, version: version, createdAt: createdAt) }
}
