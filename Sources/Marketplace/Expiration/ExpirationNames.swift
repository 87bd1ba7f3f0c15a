extension ServiceName {
    /// Runs the timers of all services. It has no schema: its state is in Redis.
    public static let expiration = ServiceName("expiration")
}

extension EventType {
    /// Published only by the previous build, which runs at the same time as this one during a deploy.
    public static let orderExpired = EventType("OrderExpired")
}
