extension ServiceName {
    /// Listings of tickets for sale. Its stored name is `tickets`.
    public static let listings = ServiceName("tickets")
}

extension Work.Kind {
    /// Withdraws the listings of a banned seller.
    public static let withdrawListings = Work.Kind("withdraw_listings")
    /// Updates the listings of a performance that has changed.
    public static let followPerformance = Work.Kind("follow_performance")
}

extension TimerName.Kind {
    /// The show of a listing starts.
    public static let showStart = TimerName.Kind("show_start")
}

extension EventType {
    public static let ticketCreated = EventType("TicketCreated")
    public static let ticketUpdated = EventType("TicketUpdated")
}
