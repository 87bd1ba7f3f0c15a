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

    /// Returns the listings whose counts differ from their orders, with a description. One query sees one snapshot.
    public func wrongCounts(limit: Int) async throws -> [(listing: ListingID, problem: String)] {
        let rows = try await pool.query(
            """
            SELECT id, 'counts ' || listing.held || ' held and ' || listing.sold || ' sold units, and its orders have '
                || coalesce(counted.held, 0) || ' and ' || coalesce(counted.sold, 0) AS problem
            FROM tickets.tickets AS listing LEFT JOIN (\(Self.counted)) AS counted ON counted.ticket_id = listing.id
            WHERE listing.held <> coalesce(counted.held, 0) OR listing.sold <> coalesce(counted.sold, 0)
            ORDER BY id LIMIT \(limit)
            """)
        return try rows.map { (try $0.decode("id", as: ListingID.self), try $0.decode("problem", as: String.self)) }
    }

    /// Counts a listing's units again, under its lock. The service's handlers take the same lock before they count an
    /// order.
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
                """
            ])
        }
    }
}
