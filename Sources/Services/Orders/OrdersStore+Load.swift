import Marketplace
import PostgresClient

// The queries of a batch, with their locks.
extension OrdersStore {
    func buyersAndListings(of orders: Set<OrderID>) -> SQL? {
        guard !orders.isEmpty else { return nil }
        return "SELECT id, user_id, ticket_id FROM orders.orders WHERE id = ANY(\(orders.sorted()))"
    }

    func unpaidOrders(of users: Set<UserID>) -> SQL? {
        guard !users.isEmpty else { return nil }
        return """
            SELECT id, user_id, ticket_id FROM orders.orders
            WHERE status = 'awaiting_payment' AND user_id = ANY(\(users.sorted()))
            """
    }

    func lockListings(_ listings: Set<ListingID>) -> SQL? {
        guard !listings.isEmpty else { return nil }
        return """
            SELECT \(ListingCopy.columns) FROM orders.tickets
            WHERE id = ANY(\(listings.sorted())) ORDER BY id FOR UPDATE
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

    /// Reads as many free units as requested, smallest first, because reading all would slow a rush for one listing.
    ///
    /// It starts at the first unit that can be free. Index entries of allocated units stay until no snapshot can see
    /// them, and reading past 100,000 of them takes 14 ms. The listing's row has that start, so run this after the
    /// locks.
    func freeUnits(_ requested: [ListingID: Int]) -> SQL? {
        guard !requested.isEmpty else { return nil }
        return """
            SELECT requested.ticket_id, free.unit
            FROM (
                SELECT
                    unnest(\(requested.map(\.key))), unnest(\(requested.map { Int32(clamping: $0.value) }))
            ) AS requested (ticket_id, units)
            JOIN orders.tickets ON tickets.id = requested.ticket_id
            CROSS JOIN LATERAL (
                SELECT unit FROM orders.free_units
                WHERE free_units.ticket_id = requested.ticket_id AND unit >= tickets.free_from
                ORDER BY unit LIMIT requested.units
            ) AS free
            """
    }
}
