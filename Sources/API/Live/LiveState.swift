import Marketplace

/// What the watchers of a topic are shown.
enum LiveState: Hashable, Sendable {
    case ticket(TicketAvailability)
    case order(OrderState)

    var topic: LiveTopic {
        switch self {
        case .ticket(let ticket): .ticket(ticket.id)
        case .order(let order): .order(order.id)
        }
    }

    /// The event's name.
    var name: String {
        switch self {
        case .ticket: "ticket"
        case .order: "order"
        }
    }
}
