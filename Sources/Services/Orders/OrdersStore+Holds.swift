import Marketplace
import PostgresClient

// The orders that count towards the limits on holds. The buyers are locked first, so that no other transaction changes
// the counted orders.
extension OrdersStore {
    /// The condition of an unpaid order. It matches the index `orders_unpaid_of_user`.
    static let isUnpaid: SQL = "status NOT IN ('confirmed', 'complete', 'cancelled', 'refunded')"

    /// Reads the orders of the buyers of new orders that count towards the limits, in one statement, because each
    /// statement adds some 60 µs to a batch.
    func countedOrders(ofBuyersIn ids: ReferencedIDs) -> SQL? {
        let queries = [unpaidOrders(ofBuyersIn: ids), paidOrders(ofBuyersIn: ids)].compactMap(\.self)
        return queries.isEmpty ? nil : SQL(joining: queries, separator: " UNION ALL ")
    }

    /// The unpaid orders: for each buyer, no more orders than are needed to exceed the limit. Without a limit on open
    /// holds, only unpaid orders of the ordered listings count.
    private func unpaidOrders(ofBuyersIn ids: ReferencedIDs) -> SQL? {
        let limits = rules.limits
        guard let limit = limits.openHolds ?? limits.unitsOfListing.map({ $0 * ids.orderedListings.count }),
            !ids.buyers.isEmpty
        else { return nil }
        let condition: SQL =
            limits.openHolds == nil ? "AND ticket_id = ANY(\(ids.orderedListings.sorted()))" : ""
        return """
            SELECT buyer.id, unpaid.ticket_id, unpaid.quantity, true AS is_open
            FROM unnest(\(ids.buyers.keys.sorted())) AS buyer (id)
            CROSS JOIN LATERAL (
                SELECT ticket_id, quantity FROM orders.orders
                WHERE user_id = buyer.id AND \(Self.isUnpaid) \(condition)
                LIMIT \(countedOrders(of: limit, ids))
            ) AS unpaid
            """
    }

    /// For each buyer of new orders, the buyer's paid orders of the same listings.
    private func paidOrders(ofBuyersIn ids: ReferencedIDs) -> SQL? {
        guard let limit = rules.limits.unitsOfListing, !ids.buyers.isEmpty else { return nil }
        let pairs = ids.buyers.flatMap { buyer, listings in listings.map { (buyer, $0) } }
        return """
            SELECT wanted.user_id, wanted.ticket_id, paid.quantity, false AS is_open
            FROM (
                SELECT unnest(\(pairs.map(\.0))), unnest(\(pairs.map(\.1)))
            ) AS wanted (user_id, ticket_id)
            CROSS JOIN LATERAL (
                SELECT quantity FROM orders.orders
                WHERE user_id = wanted.user_id AND ticket_id = wanted.ticket_id
                    AND status IN ('confirmed', 'complete')
                LIMIT \(countedOrders(of: limit, ids))
            ) AS paid
            """
    }

    /// The maximum number of orders that are counted: enough to exceed the limit, even if the batch ends all orders
    /// that it refers to.
    private func countedOrders(of limit: Int, _ ids: ReferencedIDs) -> Int { limit + ids.orders.count + 1 }

    func holds(lapses: PostgresRows, counted: PostgresRows) throws -> [UserID: BuyerHolds] {
        var holds: [UserID: BuyerHolds] = [:]
        for row in lapses {
            let lapses = try row.decode("lapsed_at", as: [Timestamp].self)
            let freeCancellation = try row.decode("cancelled_free_at", as: Timestamp?.self)
            guard !lapses.isEmpty || freeCancellation != nil else { continue }
            holds[try row.decode("id", as: UserID.self)] = BuyerHolds(
                lapses: lapses, freeCancellation: freeCancellation)
        }
        for row in counted {
            let (buyer, listing, units, isOpen) = try row.decode((UserID, ListingID, Int, Bool).self)
            if isOpen { holds[buyer, default: BuyerHolds()].open += 1 }
            holds[buyer, default: BuyerHolds()].units[listing, default: 0] += units
        }
        return holds
    }

    /// Stores the last lapses and the last free cancellation of buyers.
    func updateLapses(_ state: OrdersDecider) -> SQL? {
        guard rules.limits.lapses != nil, !state.buyersWithLapses.isEmpty else { return nil }
        let holds = state.buyersWithLapses.sorted().map { ($0, state.holds[$0] ?? BuyerHolds()) }
        let lapses = holds.flatMap { buyer, holds in holds.lapses.map { (buyer, $0) } }
        return """
            UPDATE orders.users SET cancelled_free_at = new.cancelled_free_at, lapsed_at = (
                SELECT coalesce(array_agg(at ORDER BY at), '{}')
                FROM (SELECT unnest(\(lapses.map(\.0))), unnest(\(lapses.map(\.1)))) AS lapse (id, at)
                WHERE lapse.id = new.id
            )
            FROM (
                SELECT unnest(\(holds.map(\.0))), unnest(\(holds.map(\.1.freeCancellation)))
            ) AS new (id, cancelled_free_at)
            WHERE users.id = new.id
            """
    }
}
