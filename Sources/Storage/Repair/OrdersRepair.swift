public import Marketplace
public import PostgresClient

/// What can go wrong within the schema `orders`, found and put right.
public struct OrdersRepair: Sendable {
    private let pool: PostgresPool

    public init(pool: PostgresPool) { self.pool = pool }

    // MARK: Units

    /// The listings whose units are not those of their orders, with what is wrong. One statement sees one moment: all of
    /// it changes in one transaction, so what it finds is never on its way.
    public func wrongUnits(limit: Int) async throws -> [(ticket: TicketID, what: String)] {
        let rows = try await pool.query(
            """
            WITH wrong AS (
                SELECT coalesce(live.ticket_id, given.ticket_id) AS ticket_id,
                    CASE WHEN live.id IS NULL THEN given.units || ' units of the dead order ' || given.order_id
                        ELSE 'order ' || live.id || ' has ' || coalesce(given.units, 0) || ' of ' || live.quantity
                            || ' units' END AS what
                FROM (SELECT id, ticket_id, quantity FROM orders.orders WHERE status <> 'cancelled') AS live
                FULL JOIN (
                    SELECT order_id, ticket_id, count(*) AS units FROM orders.allocations GROUP BY order_id, ticket_id
                ) AS given ON given.order_id = live.id AND given.ticket_id = live.ticket_id
                WHERE live.quantity IS DISTINCT FROM given.units
                UNION ALL
                SELECT offer.id, 'it counts ' || offer.held || ' held, next ' || offer.next_unit || ' and '
                    || coalesce(free.units, 0) || ' free, where ' || coalesce(given.units, 0)
                    || ' are given up to number ' || coalesce(given.last, 0)
                FROM orders.tickets AS offer
                LEFT JOIN (
                    SELECT ticket_id, count(*) AS units, max(unit) AS last FROM orders.allocations GROUP BY ticket_id
                ) AS given ON given.ticket_id = offer.id
                LEFT JOIN (
                    SELECT free.ticket_id, count(*) AS units, max(free.unit) AS last, min(free.unit) AS first,
                        count(taken.unit) AS taken
                    FROM orders.free_units AS free LEFT JOIN orders.allocations AS taken USING (ticket_id, unit)
                    GROUP BY free.ticket_id
                ) AS free ON free.ticket_id = offer.id
                WHERE offer.held <> coalesce(given.units, 0) OR offer.next_unit <= coalesce(given.last, 0)
                    OR offer.next_unit <= coalesce(free.last, 0) OR coalesce(free.first, 1) < 1
                    OR coalesce(free.taken, 0) > 0
                    OR coalesce(free.units, 0) <> offer.next_unit - 1 - coalesce(given.units, 0)
                UNION ALL
                SELECT ticket_id, count(*) || ' free units of no listing' FROM orders.free_units
                WHERE NOT EXISTS (SELECT FROM orders.tickets WHERE id = ticket_id) GROUP BY ticket_id
            )
            SELECT ticket_id, string_agg(what, '; ' ORDER BY what) AS what FROM wrong
            GROUP BY ticket_id ORDER BY ticket_id LIMIT \(limit)
            """)
        return try rows.map {
            (try $0.decode("ticket_id", as: TicketID.self), try $0.decode("what", as: String.self))
        }
    }

    /// Gives each live order of a listing as many units as it has ordered and no other any, and counts anew. All who
    /// change its orders lock the listing first.
    /// - Returns: false where there is no such listing.
    public func mendUnits(of ticket: TicketID) async throws -> Bool {
        try await pool.withTransaction { transaction in
            let offer = try await transaction.query("SELECT FROM orders.tickets WHERE id = \(ticket) FOR UPDATE")
            guard !offer.isEmpty else { return false }
            _ = try await transaction.commit(with: [
                """
                DELETE FROM orders.allocations AS given WHERE ticket_id = \(ticket) AND NOT EXISTS (
                    SELECT FROM orders.orders
                    WHERE id = given.order_id AND ticket_id = \(ticket) AND status <> 'cancelled')
                """,
                """
                DELETE FROM orders.allocations AS given USING (
                    SELECT order_id, unit, row_number() OVER (PARTITION BY order_id ORDER BY unit) AS place
                    FROM orders.allocations WHERE ticket_id = \(ticket)
                ) AS numbered
                JOIN orders.orders ON orders.id = numbered.order_id
                WHERE given.ticket_id = \(ticket) AND given.unit = numbered.unit AND place > orders.quantity
                """,
                // The smallest numbers that nobody has, to the oldest orders first.
                """
                WITH lacking AS (
                    SELECT id, row_number() OVER (ORDER BY created_at, id, slot) AS place
                    FROM orders.orders
                    CROSS JOIN LATERAL (SELECT count(*) AS units FROM orders.allocations WHERE order_id = id) AS given
                    CROSS JOIN LATERAL generate_series(given.units + 1, quantity) AS slot
                    WHERE ticket_id = \(ticket) AND status <> 'cancelled'
                ), free AS (
                    SELECT unit, row_number() OVER (ORDER BY unit) AS place
                    FROM generate_series(1, (SELECT count(*) FROM lacking)
                        + (SELECT coalesce(max(unit), 0) FROM orders.allocations WHERE ticket_id = \(ticket))) AS number (unit)
                    WHERE NOT EXISTS (
                        SELECT FROM orders.allocations AS given
                        WHERE given.ticket_id = \(ticket) AND given.unit = number.unit)
                )
                INSERT INTO orders.allocations (ticket_id, unit, order_id)
                SELECT \(ticket), unit, id FROM lacking JOIN free USING (place)
                """,
                "DELETE FROM orders.free_units WHERE ticket_id = \(ticket)",
                """
                INSERT INTO orders.free_units (ticket_id, unit)
                SELECT \(ticket), unit FROM generate_series(
                    1, (SELECT max(unit) FROM orders.allocations WHERE ticket_id = \(ticket))) AS number (unit)
                WHERE NOT EXISTS (
                    SELECT FROM orders.allocations AS given WHERE given.ticket_id = \(ticket) AND given.unit = number.unit)
                """,
                """
                UPDATE orders.tickets SET held = given.units, next_unit = given.last + 1, free_from = 1
                FROM (
                    SELECT count(*) AS units, coalesce(max(unit), 0) AS last FROM orders.allocations
                    WHERE ticket_id = \(ticket)
                ) AS given
                WHERE id = \(ticket)
                """,
            ])
            return true
        }
    }

    /// Takes free units away that belong to no listing.
    public func dropFreeUnits(of ticket: TicketID) async throws {
        try await pool.execute(
            """
            DELETE FROM orders.free_units WHERE ticket_id = \(ticket)
                AND NOT EXISTS (SELECT FROM orders.tickets WHERE id = \(ticket))
            """)
    }

    // MARK: Unpaid orders

    /// An order that waits for its money.
    public struct Unpaid: Sendable, Hashable {
        public var id: OrderID
        public var expiresAt: Timestamp
    }

    /// Those that wait for their money, by id.
    public func unpaid(after id: OrderID?, limit: Int) async throws -> [Unpaid] {
        let condition: SQL = if let id { "AND id > \(id)" } else { "" }
        return try await pool.query(
            """
            SELECT id, expires_at FROM orders.orders WHERE status = 'awaiting_payment' \(condition)
            ORDER BY id LIMIT \(limit)
            """
        ).map {
            Unpaid(
                id: try $0.decode("id", as: OrderID.self), expiresAt: try $0.decode("expires_at", as: Timestamp.self))
        }
    }

    /// One of them; nil when it waits no more.
    public func unpaid(_ id: OrderID) async throws -> Unpaid? {
        try await pool.query(
            "SELECT id, expires_at FROM orders.orders WHERE status = 'awaiting_payment' AND id = \(id)"
        ).first.map {
            Unpaid(
                id: try $0.decode("id", as: OrderID.self), expiresAt: try $0.decode("expires_at", as: Timestamp.self))
        }
    }
}
