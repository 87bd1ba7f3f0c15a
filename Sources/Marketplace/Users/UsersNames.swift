extension ServiceName {
    /// Accounts and sessions.
    public static let users = ServiceName("users")
}

extension EventType {
    public static let userCreated = EventType("UserCreated")
    public static let userUpdated = EventType("UserUpdated")
}
