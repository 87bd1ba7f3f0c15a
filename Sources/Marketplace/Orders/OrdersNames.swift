extension ServiceName {
    /// Orders and the allocation of units to them.
    public static let orders = ServiceName("orders")
}

extension Work.Kind {
    /// The open holds of a banned buyer end.
    public static let endHolds = Work.Kind("end_holds")
}

extension TimerName.Kind {
    /// An order's hold ends.
    public static let hold = TimerName.Kind("hold")
}

extension EventType {
    public static let orderCreated = EventType("OrderCreated")
    public static let orderConfirmed = EventType("OrderConfirmed")
    public static let orderCompleted = EventType("OrderCompleted")
    public static let orderCancelled = EventType("OrderCancelled")
    public static let orderRefunded = EventType("OrderRefunded")
}
