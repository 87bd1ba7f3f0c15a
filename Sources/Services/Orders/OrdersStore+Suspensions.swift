import Marketplace
import PostgresClient

// The orders of listings that were taken down, of cancelled events and of banned sellers.
extension OrdersStore {
    /// Reads the orders of a slice.
    func orders(of slice: WorkSlice) -> SQL? {
        switch slice.work.kind {
        case .endHolds: unpaidOrders(of: slice)
        case .endHoldsOfListing, .endHoldsOfCancelledEvent: unpaidOrders(ofListingOf: slice)
        case .freezeOrders: ordersToFreeze(slice)
        case .unfreezeOrders: frozenOrders(slice)
        default: nil
        }
    }

    /// Reads unpaid orders of a listing that is off sale. No new orders of the listing are accepted. Orders older than
    /// two days are skipped, because a hold lasts at most a day.
    private func unpaidOrders(ofListingOf slice: WorkSlice) -> SQL {
        """
        SELECT id, user_id, ticket_id FROM orders.orders
        WHERE ticket_id = \(slice.work.subject) AND status = 'awaiting_payment'
            AND created_at > now() - interval '2 days'
        ORDER BY created_at DESC, id DESC OFFSET \(slice.skipped) LIMIT \(slice.limit)
        """
    }

    private func ordersToFreeze(_ slice: WorkSlice) -> SQL {
        """
        SELECT orders.id, orders.user_id, orders.ticket_id
        FROM orders.tickets JOIN orders.orders ON orders.ticket_id = tickets.id
        WHERE tickets.seller_id = \(slice.work.subject) AND tickets.held > 0 AND \(Self.isFreezable)
        ORDER BY orders.id OFFSET \(slice.skipped) LIMIT \(slice.limit)
        """
    }

    /// The condition of a paid order that is not frozen and whose show has not started.
    static let isFreezable: SQL = """
        orders.status = 'complete' AND orders.frozen_at IS NULL \
        AND (orders.starts_at IS NULL OR orders.starts_at > now())
        """

    private func frozenOrders(_ slice: WorkSlice) -> SQL {
        """
        SELECT orders.id, orders.user_id, orders.ticket_id
        FROM orders.tickets JOIN orders.orders ON orders.ticket_id = tickets.id
        WHERE tickets.seller_id = \(slice.work.subject) AND orders.frozen_at IS NOT NULL
        ORDER BY orders.id OFFSET \(slice.skipped) LIMIT \(slice.limit)
        """
    }

    func freezingSellers(in users: PostgresRows, _ sellers: PostgresRows) throws -> Set<UserID> {
        var freezing: Set<UserID> = []
        for row in [users, sellers].joined() where try row.decode("freezes_orders", as: Bool.self) {
            freezing.insert(try row.decode("id", as: UserID.self))
        }
        return freezing
    }

    /// Stores whether the sellers' paid orders must be frozen. It runs after the statements that write the sellers'
    /// copies.
    func updateFreezes(_ state: OrdersDecider) -> SQL? {
        guard !state.freezes.isEmpty else { return nil }
        let freezes = state.freezes.sorted { $0.key < $1.key }
        return """
            UPDATE orders.users SET freezes_orders = new.freezes_orders
            FROM (
                SELECT unnest(\(freezes.map(\.key))), unnest(\(freezes.map(\.value)))
            ) AS new (id, freezes_orders)
            WHERE users.id = new.id
            """
    }
}
