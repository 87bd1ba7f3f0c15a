public import Marketplace
public import PostgresClient

/// Finds and repairs damage within the schema `orders`.
public struct OrdersRepair: Sendable {
    private let pool: PostgresPool

    public init(pool: PostgresPool) { self.pool = pool }

    /// Returns the listings whose allocated units differ from their orders, with a description.
    ///
    /// One query sees one snapshot, and units and orders change in one transaction, so it finds no work in progress.
    public func wrongUnits(limit: Int) async throws -> [(listing: ListingID, problem: String)] {
        let rows = try await pool.query(
            """
            WITH wrong AS (
                SELECT coalesce(live.ticket_id, given.ticket_id) AS ticket_id,
                    CASE WHEN live.id IS NULL
                        THEN given.units || ' units of order ' || given.order_id || ', which is cancelled or missing'
                        ELSE 'order ' || live.id || ' has ' || coalesce(given.units, 0) || ' of ' || live.quantity
                            || ' units' END AS problem
                FROM (SELECT id, ticket_id, quantity FROM orders.orders WHERE status <> 'cancelled') AS live
                FULL JOIN (
                    SELECT order_id, ticket_id, count(*) AS units FROM orders.allocations GROUP BY order_id, ticket_id
                ) AS given ON given.order_id = live.id AND given.ticket_id = live.ticket_id
                WHERE live.quantity IS DISTINCT FROM given.units
                UNION ALL
                SELECT listing.id, 'it counts ' || listing.held || ' held, next unit ' || listing.next_unit || ' and '
                    || coalesce(free.units, 0) || ' free, but ' || coalesce(given.units, 0)
                    || ' units up to number ' || coalesce(given.last, 0) || ' are allocated'
                FROM orders.tickets AS listing
                LEFT JOIN (
                    SELECT ticket_id, count(*) AS units, max(unit) AS last FROM orders.allocations GROUP BY ticket_id
                ) AS given ON given.ticket_id = listing.id
                LEFT JOIN (
                    SELECT free.ticket_id, count(*) AS units, max(free.unit) AS last, min(free.unit) AS first,
                        count(taken.unit) AS taken
                    FROM orders.free_units AS free LEFT JOIN orders.allocations AS taken USING (ticket_id, unit)
                    GROUP BY free.ticket_id
                ) AS free ON free.ticket_id = listing.id
                WHERE listing.held <> coalesce(given.units, 0) OR listing.next_unit <= coalesce(given.last, 0)
                    OR listing.next_unit <= coalesce(free.last, 0) OR coalesce(free.first, 1) < 1
                    OR coalesce(free.taken, 0) > 0
                    OR coalesce(free.units, 0) <> listing.next_unit - 1 - coalesce(given.units, 0)
                UNION ALL
                SELECT listing.id, 'its units begin at number ' || listing.next_unit || ' although it has '
                    || cardinality(listing.seats) || ' seats'
                FROM orders.tickets AS listing
                WHERE listing.seats IS NOT NULL AND listing.next_unit <= cardinality(listing.seats)
                UNION ALL
                SELECT coalesce(seat.ticket_id, sold.ticket_id),
                    'unit ' || coalesce(seat.unit, sold.unit) || ' of order ' || coalesce(seat.order_id, sold.order_id)
                    || CASE WHEN seat.unit IS NULL THEN ' is a sold seat, but not allocated'
                        WHEN sold.unit IS NULL THEN ' is allocated, but not a sold seat'
                        ELSE ' is not a unit of the order' END
                FROM (
                    SELECT given.ticket_id, given.unit, given.order_id, orders.units
                    FROM orders.allocations AS given
                    JOIN orders.tickets ON tickets.id = given.ticket_id AND tickets.seats IS NOT NULL
                    LEFT JOIN orders.orders ON orders.id = given.order_id
                ) AS seat
                FULL JOIN orders.seat_sales AS sold USING (ticket_id, unit, order_id)
                WHERE seat.unit IS NULL OR sold.unit IS NULL OR NOT coalesce(seat.unit = ANY(seat.units), true)
                UNION ALL
                SELECT ticket_id, count(*) || ' free units without a listing' FROM orders.free_units
                WHERE NOT EXISTS (SELECT FROM orders.tickets WHERE id = ticket_id) GROUP BY ticket_id
            )
            SELECT ticket_id, string_agg(problem, '; ' ORDER BY problem) AS problem FROM wrong
            GROUP BY ticket_id ORDER BY ticket_id LIMIT \(limit)
            """)
        return try rows.map {
            (try $0.decode("ticket_id", as: ListingID.self), try $0.decode("problem", as: String.self))
        }
    }

    /// Allocates to each order of a listing as many units as its quantity, or none if it is cancelled. Releases all
    /// other units, and counts again. Like the service's handlers, it locks the listing first.
    ///
    /// - Returns: False if there is no copy of the listing.
    public func repairUnits(of listing: ListingID) async throws -> Bool {
        try await pool.withTransaction { transaction in
            let copies = try await transaction.query(
                "SELECT \(ListingCopy.columns) FROM orders.tickets WHERE id = \(listing) FOR UPDATE"
            ).map(ListingCopy.init(row:))
            guard let copy = copies.first else { return false }
            let (seats, sales) = (Int64(copy.seats?.count ?? 0), copy.seatSales ?? [])
            _ = try await transaction.commit(with: [
                """
                DELETE FROM orders.allocations AS given WHERE ticket_id = \(listing) AND NOT EXISTS (
                    SELECT FROM orders.orders
                    WHERE id = given.order_id AND ticket_id = \(listing) AND status <> 'cancelled')
                """,
                """
                DELETE FROM orders.allocations AS given USING orders.orders
                WHERE given.ticket_id = \(listing) AND orders.id = given.order_id AND given.unit <> ALL(orders.units)
                """,
                // An order of a listing with seats names its units.
                """
                INSERT INTO orders.allocations (ticket_id, unit, order_id)
                SELECT \(listing), unit, id FROM orders.orders CROSS JOIN unnest(units) AS unit
                WHERE ticket_id = \(listing) AND units IS NOT NULL AND status <> 'cancelled'
                ON CONFLICT DO NOTHING
                """,
                """
                DELETE FROM orders.allocations AS given USING (
                    SELECT order_id, unit, row_number() OVER (PARTITION BY order_id ORDER BY unit) AS place
                    FROM orders.allocations WHERE ticket_id = \(listing)
                ) AS numbered
                JOIN orders.orders ON orders.id = numbered.order_id
                WHERE given.ticket_id = \(listing) AND given.unit = numbered.unit AND place > orders.quantity
                """,
                // The oldest orders get the smallest free numbers.
                """
                WITH lacking AS (
                    SELECT id, row_number() OVER (ORDER BY created_at, id, slot) AS place
                    FROM orders.orders
                    CROSS JOIN LATERAL (SELECT count(*) AS units FROM orders.allocations WHERE order_id = id) AS given
                    CROSS JOIN LATERAL generate_series(given.units + 1, quantity) AS slot
                    WHERE ticket_id = \(listing) AND status <> 'cancelled'
                ), free AS (
                    SELECT unit, row_number() OVER (ORDER BY unit) AS place
                    FROM generate_series(1, (SELECT count(*) FROM lacking)
                        + (SELECT coalesce(max(unit), 0) FROM orders.allocations WHERE ticket_id = \(listing))) AS number (unit)
                    WHERE NOT EXISTS (
                        SELECT FROM orders.allocations AS given
                        WHERE given.ticket_id = \(listing) AND given.unit = number.unit)
                )
                INSERT INTO orders.allocations (ticket_id, unit, order_id)
                SELECT \(listing), unit, id FROM lacking JOIN free USING (place)
                """,
                "DELETE FROM orders.free_units WHERE ticket_id = \(listing)",
                """
                INSERT INTO orders.free_units (ticket_id, unit)
                SELECT \(listing), unit FROM generate_series(1, greatest(\(seats), (
                    SELECT max(unit) FROM orders.allocations WHERE ticket_id = \(listing)))) AS number (unit)
                WHERE NOT EXISTS (
                    SELECT FROM orders.allocations AS given WHERE given.ticket_id = \(listing) AND given.unit = number.unit)
                """,
                """
                UPDATE orders.tickets SET held = given.units, next_unit = given.last + 1, free_from = 1
                FROM (
                    SELECT count(*) AS units, greatest(\(seats), max(unit)) AS last FROM orders.allocations
                    WHERE ticket_id = \(listing)
                ) AS given
                WHERE id = \(listing)
                """,
                "DELETE FROM orders.seat_sales WHERE ticket_id = \(listing)",
                // If another listing has sold the same seat, its sale stays.
                """
                INSERT INTO orders.seat_sales (performance_id, seat_key, sale, ticket_id, unit, order_id)
                SELECT seat.performance_id, seat.seat_key, seat.sale, \(listing), seat.unit, given.order_id
                FROM (
                    SELECT
                        unnest(\(sales.map(\.place.performanceId))), unnest(\(sales.map(\.place.key.text))),
                        unnest(\(sales.map { Int32($0.sale) })), generate_series(1, \(Int64(sales.count)))
                ) AS seat (performance_id, seat_key, sale, unit)
                JOIN orders.allocations AS given ON given.ticket_id = \(listing) AND given.unit = seat.unit
                ON CONFLICT DO NOTHING
                """,
            ])
            return true
        }
    }

    /// Deletes the free units of a listing that has no copy.
    public func deleteFreeUnits(of listing: ListingID) async throws {
        try await pool.execute(
            """
            DELETE FROM orders.free_units WHERE ticket_id = \(listing)
                AND NOT EXISTS (SELECT FROM orders.tickets WHERE id = \(listing))
            """)
    }
}
