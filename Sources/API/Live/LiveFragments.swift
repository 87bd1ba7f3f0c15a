import Marketplace

/// The fragments of pages that are sent as they change.
struct LiveFragments: Sendable {
    let pages: Pages

    func render(_ state: LiveState, for visitor: Visitor) -> [UInt8] {
        switch state {
        case .ticket(let ticket): Array(Self.ticket(ticket, visitor).markup.utf8)
        case .order(let order): Array(Self.order(order).markup.utf8)
        }
    }

    private static func ticket(_ ticket: TicketAvailability, _ visitor: Visitor) -> HTML {
        "<p>\(visitor.number(ticket.left)) left</p>"
    }

    private static func order(_ order: OrderState) -> HTML {
        "<p data-status=\"\(order.status.rawValue)\">\(order.status.rawValue)</p>"
    }
}
