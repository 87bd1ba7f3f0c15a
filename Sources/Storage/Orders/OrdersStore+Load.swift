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

    /// As many as are asked for, smallest first: looking at all that came back would cost the rush its speed. From the
    /// first that can be free on: what was handed out before lies in the index until no snapshot can see it any more, and
    /// reading past 100,000 such units takes 14 ms. After the locks: the listing's row tells from where.
    func freeUnits(_ wanted: [TicketID: Int]) -> SQL? {
        guard !wanted.isEmpty else { return nil }
        return """
            SELECT wanted.ticket_id, free.unit
            FROM (
                SELECT
                    unnest(\(wanted.map(\.key))), unnest(\(wanted.map { Int32(clamping: $0.value) }))
            ) AS wanted (ticket_id, units)
            JOIN orders.tickets ON tickets.id = wanted.ticket_id
            CROSS JOIN LATERAL (
                SELECT unit FROM orders.free_units
                WHERE free_units.ticket_id = wanted.ticket_id AND unit >= tickets.free_from
                ORDER BY unit LIMIT wanted.units
            ) AS free
            """
    }
}
