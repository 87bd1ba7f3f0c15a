extension ServiceName {
    /// Orders and the allocation of units to them.
    public static let orders = ServiceName("orders")
}

extension Work.Kind {
    /// The open holds of a banned buyer end.
    public static let endHolds = Work.Kind("end_holds")
    /// The unpaid orders of a listing end that an admin has taken down.
    public static let endHoldsOfListing = Work.Kind("end_holds_of_listing")
    /// The paid orders of a banned seller are frozen.
    public static let freezeOrders = Work.Kind("freeze_orders")
    /// The frozen orders of a seller are released.
    public static let unfreezeOrders = Work.Kind("unfreeze_orders")
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
