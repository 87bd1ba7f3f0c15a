extension ServiceName {
    /// Listings of tickets for sale. Its stored name is `tickets`.
    public static let listings = ServiceName("tickets")
}

extension EventType {
    public static let ticketCreated = EventType("TicketCreated")
    public static let ticketUpdated = EventType("TicketUpdated")
}
