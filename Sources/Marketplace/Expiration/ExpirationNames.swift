extension ServiceName {
    /// The clock of all services: their timers. It has no schema: its state is in Redis.
    public static let expiration = ServiceName("expiration")
}

extension EventType {
    /// Published by the build before, beside which this one runs during a deploy.
    public static let orderExpired = EventType("OrderExpired")
}
