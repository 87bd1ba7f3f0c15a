public import Marketplace
public import PostgresClient

/// Finds and repairs damage within the schema `tickets`.
public struct ListingsRepair: Sendable {
    private let pool: PostgresPool

    public init(pool: PostgresPool) { self.pool = pool }

    /// The held and sold units of each listing, from the copies of its orders.
    private static let counted: SQL = """
        SELECT ticket_id, coalesce(sum(quantity) FILTER (WHERE status IN ('awaiting_payment', 'confirmed')), 0) AS held,
            coalesce(sum(quantity) FILTER (WHERE status IN ('complete', 'refunded')), 0) AS sold
        FROM tickets.orders GROUP BY ticket_id
        """

    /// The correct seats of one listing or of all listings, computed from the listings and the copies of their orders.
    /// If an unpaid order of a withdrawn listing has a seat, the seat may or may not be claimed: see ``ListedSeat``.
    private static func rightSeats(of listing: ListingID? = nil) -> SQL {
        let ofListing: SQL = listing.map { "AND ticket_id = \($0)" } ?? ""
        return """
            SELECT seat.ticket_id, seat.unit, coalesce(live.order_ids, '{}') AS order_ids, live.holder,
                NOT listing.withdrawn OR coalesce(live.is_paid, false) OR live.order_ids IS NOT NULL AND seat.claimed
                    AS claimed,
                other.ticket_id IS NOT NULL AS is_taken
            FROM tickets.seats AS seat JOIN tickets.tickets AS listing ON listing.id = seat.ticket_id
            LEFT JOIN (
                SELECT ticket_id, unit, array_agg(order_id ORDER BY order_id) AS order_ids,
                    (array_agg(user_id) FILTER (WHERE status = 'complete'))[1] AS holder,
                    bool_or(status <> 'awaiting_payment') AS is_paid
                FROM tickets.orders CROSS JOIN unnest(units) AS unit
                WHERE units IS NOT NULL AND status <> 'cancelled' \(ofListing) GROUP BY ticket_id, unit
            ) AS live ON live.ticket_id = seat.ticket_id AND live.unit = seat.unit
            LEFT JOIN tickets.seats AS other ON other.claimed AND other.performance_id = seat.performance_id
                AND other.seat_key = seat.seat_key AND other.sale = seat.sale AND other.ticket_id <> seat.ticket_id
            WHERE true \(listing.map { "AND seat.ticket_id = \($0)" } ?? "" as SQL)
            """
    }

    /// The seats whose claim, orders or holder must change.
    private static let differs: SQL = """
        (SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM unnest(seats.order_ids) AS id) <> right_seat.order_ids \
        OR seats.holder IS DISTINCT FROM right_seat.holder \
        OR seats.claimed <> (right_seat.claimed AND NOT right_seat.is_taken)
        """

    private static let freeMask: SQL = """
        (SELECT coalesce(bit_or(1::bigint << (unit - 1)), 0) FROM tickets.seats
        WHERE ticket_id = listing.id AND order_ids = '{}')
        """

    /// Returns the listings whose counts or seats differ from their orders, with a description. A single query reads
    /// all of them from one snapshot.
    public func wrongCounts(limit: Int) async throws -> [(listing: ListingID, problem: String)] {
        let rows = try await pool.query(
            """
            SELECT id, 'counts ' || listing.held || ' held and ' || listing.sold || ' sold units, and its orders have '
                || coalesce(counted.held, 0) || ' and ' || coalesce(counted.sold, 0) AS problem
            FROM tickets.tickets AS listing LEFT JOIN (\(Self.counted)) AS counted ON counted.ticket_id = listing.id
            WHERE listing.held <> coalesce(counted.held, 0) OR listing.sold <> coalesce(counted.sold, 0)
            UNION
            SELECT seats.ticket_id, 'has seats whose orders, holder or claim are not those of its orders'
            FROM tickets.seats JOIN (\(Self.rightSeats())) AS right_seat USING (ticket_id, unit)
            WHERE \(Self.differs)
            UNION
            SELECT id, 'shows other seats as free than its orders leave' FROM tickets.tickets AS listing
            WHERE seats IS NOT NULL AND free_mask IS DISTINCT FROM \(Self.freeMask)
            ORDER BY id LIMIT \(limit)
            """)
        return try rows.map { (try $0.decode("id", as: ListingID.self), try $0.decode("problem", as: String.self)) }
    }

    /// Counts a listing's units again and repairs its seats, under its lock. The service's handlers take the same lock
    /// before they count an order.
    public func repairCounts(of listing: ListingID) async throws {
        try await pool.withTransaction { transaction in
            _ = try await transaction.query("SELECT FROM tickets.tickets WHERE id = \(listing) FOR UPDATE")
            _ = try await transaction.commit(with: [
                """
                UPDATE tickets.tickets AS listing SET held = now.held, sold = now.sold
                FROM (
                    SELECT coalesce(sum(quantity) FILTER (WHERE status IN ('awaiting_payment', 'confirmed')), 0) AS held,
                        coalesce(sum(quantity) FILTER (WHERE status IN ('complete', 'refunded')), 0) AS sold
                    FROM tickets.orders WHERE ticket_id = \(listing)
                ) AS now
                WHERE id = \(listing) AND (listing.held, listing.sold) <> (now.held, now.sold)
                """,
                """
                UPDATE tickets.seats SET order_ids = right_seat.order_ids, holder = right_seat.holder,
                    claimed = right_seat.claimed AND NOT right_seat.is_taken
                FROM (\(Self.rightSeats(of: listing))) AS right_seat
                WHERE seats.ticket_id = right_seat.ticket_id AND seats.unit = right_seat.unit AND (\(Self.differs))
                """,
                """
                UPDATE tickets.tickets AS listing SET free_mask = \(Self.freeMask)
                WHERE id = \(listing) AND seats IS NOT NULL
                """,
            ])
        }
    }
}
