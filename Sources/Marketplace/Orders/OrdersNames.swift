extension ServiceName {
    /// Orders and the allocation of units to them.
    public static let orders = ServiceName("orders")
}

extension Work.Kind {
    /// Ends the open holds of a banned buyer.
    public static let endHolds = Work.Kind("end_holds")
    /// Ends the unpaid orders of a listing that an admin has taken down.
    public static let endHoldsOfListing = Work.Kind("end_holds_of_listing")
    /// Ends the unpaid orders of a listing whose performance is cancelled.
    public static let endHoldsOfCancelledEvent = Work.Kind("end_holds_of_cancelled_event")
    /// Freezes the paid orders of a banned seller.
    public static let freezeOrders = Work.Kind("freeze_orders")
    /// Releases the frozen orders of a seller.
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
