import Marketplace

/// What can be watched.
enum LiveTopic: Hashable, Sendable {
    case ticket(TicketID)
    case order(OrderID)
}
