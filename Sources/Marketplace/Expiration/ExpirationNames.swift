extension ServiceName {
    /// Deadlines of holds. It has no schema: its state is in Redis.
    public static let expiration = ServiceName("expiration")
}

extension EventType {
    public static let orderExpired = EventType("OrderExpired")
}
