public import Marketplace
public import PostgresClient

/// What can go wrong within the schema `tickets`, found and put right.
public struct TicketsRepair: Sendable {
    private let pool: PostgresPool

    public init(pool: PostgresPool) { self.pool = pool }

    /// Units of a listing's orders, as its copies of them say.
    private static let counted: SQL = """
        SELECT ticket_id, coalesce(sum(quantity) FILTER (WHERE status IN ('awaiting_payment', 'confirmed')), 0) AS held,
            coalesce(sum(quantity) FILTER (WHERE status IN ('complete', 'refunded')), 0) AS sold
        FROM tickets.orders GROUP BY ticket_id
        """

    /// The listings whose counts are not those of their orders, with what is wrong: as one moment shows it.
    public func wrongCounts(limit: Int) async throws -> [(ticket: TicketID, what: String)] {
        let rows = try await pool.query(
            """
            SELECT id, 'it counts ' || listing.held || ' held and ' || listing.sold || ' sold, its orders '
                || coalesce(counted.held, 0) || ' and ' || coalesce(counted.sold, 0) AS what
            FROM tickets.tickets AS listing LEFT JOIN (\(Self.counted)) AS counted ON counted.ticket_id = listing.id
            WHERE listing.held <> coalesce(counted.held, 0) OR listing.sold <> coalesce(counted.sold, 0)
            ORDER BY id LIMIT \(limit)
            """)
        return try rows.map { (try $0.decode("id", as: TicketID.self), try $0.decode("what", as: String.self)) }
    }

    /// Counts anew, under the listing's lock, which all take who count one of its orders.
    public func mendCounts(of ticket: TicketID) async throws {
        try await pool.withTransaction { transaction in
            _ = try await transaction.query("SELECT FROM tickets.tickets WHERE id = \(ticket) FOR UPDATE")
            _ = try await transaction.commit(with: [
                """
                UPDATE tickets.tickets AS listing SET held = now.held, sold = now.sold
                FROM (
                    SELECT coalesce(sum(quantity) FILTER (WHERE status IN ('awaiting_payment', 'confirmed')), 0) AS held,
                        coalesce(sum(quantity) FILTER (WHERE status IN ('complete', 'refunded')), 0) AS sold
                    FROM tickets.orders WHERE ticket_id = \(ticket)
                ) AS now
                WHERE id = \(ticket) AND (listing.held, listing.sold) <> (now.held, now.sold)
                """
            ])
        }
    }
}
