extension ServiceName {
    /// Orders and the allocation of units to them.
    public static let orders = ServiceName("orders")
}

extension EventType {
    public static let orderCreated = EventType("OrderCreated")
    public static let orderConfirmed = EventType("OrderConfirmed")
    public static let orderCompleted = EventType("OrderCompleted")
    public static let orderCancelled = EventType("OrderCancelled")
    public static let orderRefunded = EventType("OrderRefunded")
}
