/// The part of a user that other services may know: the body of `UserCreated` and `UserUpdated`.
public struct UserState: Codable, Hashable, Sendable {
    public enum Status: String, NamedValue, Sendable { case active, banned }

    /// Permissions in addition to buying and selling. A role that this build does not know gives no permissions.
    public struct Role: RawRepresentable, Codable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let member = Role(rawValue: "member")
        public static let admin = Role(rawValue: "admin")
    }

    public var id: UserID
    public var status: Status
    public var role: Role
    public var version: Int64
    /// True to freeze the paid orders of the user's listings, false to release them, and nil to leave them as they are.
    public var ordersFrozen: Bool?

    public init(id: UserID, status: Status, role: Role, version: Int64, ordersFrozen: Bool? = nil) {
        self.id = id
        self.status = status
        self.role = role
        self.version = version
        self.ordersFrozen = ordersFrozen
    }
}

extension UserState {
    /// The event that announces this state to the followers.
    public var announcement: NewEvent {
        NewEvent(version == 1 ? .userCreated : .userUpdated, subject: id, version: version, body: self)
    }
}
