import Marketplace
import PostgresClient

// The queries of a batch, with their locks.
extension OrdersStore {
    func buyersAndListings(of orders: Set<OrderID>) -> SQL? {
        guard !orders.isEmpty else { return nil }
        return "SELECT id, user_id, ticket_id FROM orders.orders WHERE id = ANY(\(orders.sorted()))"
    }

    /// Reads unpaid orders of a slice, listing by listing: at most ``WorkSlice/limit`` orders. The order with which the
    /// number of units reaches ``sliceUnits`` is the last one.
    ///
    /// Lock the buyer first. Then no other transaction creates, claims or ends one of their orders.
    func unpaidOrders(of slice: WorkSlice) -> SQL {
        """
        SELECT id, user_id, ticket_id FROM (
            SELECT id, user_id, ticket_id, quantity, sum(quantity) OVER (ROWS UNBOUNDED PRECEDING) AS units FROM (
                SELECT id, user_id, ticket_id, quantity FROM orders.orders
                WHERE user_id = \(slice.work.subject) AND \(Self.isUnpaid)
                ORDER BY ticket_id OFFSET \(slice.skipped) LIMIT \(slice.limit)
            ) AS unpaid
        ) AS counted
        WHERE units - quantity < \(Self.sliceUnits)
        """
    }

    /// The number of units at which a slice ends. Each unit costs one deleted and one inserted row.
    private static let sliceUnits = 5000

    /// Reads the copies of the sellers of the ordered listings. If the batch has payments or slices, reads those of the
    /// sellers of all its listings.
    ///
    /// Sellers are not locked: an order may be accepted until the ban commits.
    func sellers(_ ids: ReferencedIDs) -> SQL? {
        let listings = ids.hasPayments || !ids.slices.isEmpty ? ids.listings : ids.orderedListings
        guard !listings.isEmpty else { return nil }
        return """
            SELECT id, status, version, freezes_orders FROM orders.users
            WHERE id IN (SELECT seller_id FROM orders.tickets WHERE id = ANY(\(listings.sorted())))
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

    /// Reads the units of orders: at most ``OrderState/quantityLimit`` for each message, or the units of a slice.
    func allocations(of orders: Set<OrderID>) -> SQL? {
        guard !orders.isEmpty else { return nil }
        return "SELECT ticket_id, unit, order_id FROM orders.allocations WHERE order_id = ANY(\(orders.sorted()))"
    }

    /// Reads only as many free units as requested, smallest first, because reading all would slow down a rush for one
    /// listing.
    ///
    /// It starts at the first unit that can be free. Index entries of allocated units stay until no snapshot can see
    /// them, and reading past 100,000 of them takes 14 ms. The listing's row stores that first unit, so run this query
    /// after the locks.
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

extension WorkSlice {
    /// The buyer whose holds end, or the seller whose orders are frozen or released. Nil if the work is about a
    /// listing.
    var user: UserID? {
        switch work.kind {
        case .endHoldsOfListing, .endHoldsOfCancelledEvent: nil
        default: UserID(work.subject)
        }
    }
}
