import Marketplace
import PostgresClient

/// What a batch is about, each with its locks.
extension OrdersStore {
    func buyersAndTickets(of orders: Set<OrderID>) -> SQL? {
        guard !orders.isEmpty else { return nil }
        return "SELECT id, user_id, ticket_id FROM orders.orders WHERE id = ANY(\(orders.sorted()))"
    }

    func awaiting(of users: Set<UserID>) -> SQL? {
        guard !users.isEmpty else { return nil }
        return """
            SELECT id, user_id, ticket_id FROM orders.orders
            WHERE status = 'awaiting_payment' AND user_id = ANY(\(users.sorted()))
            """
    }

    func lockTickets(_ tickets: Set<TicketID>) -> SQL? {
        guard !tickets.isEmpty else { return nil }
        return """
            SELECT \(TicketOffer.columns) FROM orders.tickets
            WHERE id = ANY(\(tickets.sorted())) ORDER BY id FOR UPDATE
            """
    }

    func lockOrders(_ orders: Set<OrderID>) -> SQL? {
        guard !orders.isEmpty else { return nil }
        return """
            SELECT \(OrderState.columns) FROM orders.orders
            WHERE id = ANY(\(orders.sorted())) ORDER BY id FOR UPDATE
            """
    }

    func allocations(of orders: Set<OrderID>) -> SQL? {
        guard !orders.isEmpty else { return nil }
        return "SELECT ticket_id, unit, order_id FROM orders.allocations WHERE order_id = ANY(\(orders.sorted()))"
    }

    /// As many as are asked for, smallest first: looking at all that came back would cost the rush its speed.
    func freeUnits(_ wanted: [TicketID: Int]) -> SQL? {
        guard !wanted.isEmpty else { return nil }
        return """
            SELECT wanted.ticket_id, free.unit
            FROM unnest(\(wanted.map(\.key)), \(wanted.map { Int32(clamping: $0.value) })) AS wanted (ticket_id, units)
            CROSS JOIN LATERAL (
                SELECT unit FROM orders.free_units WHERE free_units.ticket_id = wanted.ticket_id
                ORDER BY unit LIMIT wanted.units
            ) AS free
            """
    }
}
