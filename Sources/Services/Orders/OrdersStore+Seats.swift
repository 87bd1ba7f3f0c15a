import Marketplace
import PostgresClient

// The seats of ordered listings, and their sales across listings. Batches that concern no listing with seats run none
// of these statements.
extension OrdersStore {
    /// Reads all free units of the ordered listings with seats, and the sales of their seats by any listing. For
    /// listings that move to another performance, also reads their sales, and the sales at their new places. The
    /// listings are locked, so their own units can't change.
    func seats(
        of listings: [ListingCopy], _ ids: ReferencedIDs, in transaction: PostgresTransaction
    ) async throws -> (free: [(ListingID, Int)], sales: [SeatSale]) {
        let ordered = ids.orderedListings
        let copies = listings.filter { $0.seats != nil && ordered.contains($0.id) }
        let moving = listings.filter { copy in
            copy.held > 0 && copy.seats != nil
                && (ids.announcedSales[copy.id] ?? []).contains { $0.place.performanceId != copy.performanceId }
        }
        // The copies of new listings are not stored yet.
        let seated = Set(copies.map(\.id)).union(ids.announcedSales.keys.filter(ordered.contains))
        guard !seated.isEmpty || !moving.isEmpty else { return ([], []) }
        let announced = seated.union(moving.map(\.id)).flatMap { ids.announcedSales[$0] ?? [] }
        let sales = Set(copies.flatMap { $0.seatSales ?? [] } + announced)
        let columns: SQL = "performance_id, seat_key, sale, ticket_id, unit, order_id"
        let rows = try await transaction.pipeline([
            "SELECT ticket_id, unit FROM orders.free_units WHERE ticket_id = ANY(\(seated.sorted()))",
            """
            SELECT \(columns) FROM orders.seat_sales
            JOIN (
                SELECT
                    unnest(\(sales.map(\.place.performanceId))), unnest(\(sales.map(\.place.key.text))),
                    unnest(\(sales.map { Int32($0.sale) }))
            ) AS wanted (performance, seat, number)
                ON performance_id = performance AND seat_key = seat AND sale = number
            UNION
            SELECT \(columns) FROM orders.seat_sales WHERE ticket_id = ANY(\(moving.map(\.id).sorted()))
            """,
        ])
        return (try rows[0].decode((ListingID, Int).self), try rows[1].map(SeatSale.init(row:)))
    }

    func deleteSales(of orders: [(orderId: OrderID, ticketId: ListingID)]) -> SQL? {
        guard !orders.isEmpty else { return nil }
        return """
            DELETE FROM orders.seat_sales
            USING (
                SELECT unnest(\(orders.map(\.ticketId))), unnest(\(orders.map(\.orderId)))
            ) AS released (ticket_id, order_id)
            WHERE seat_sales.ticket_id = released.ticket_id AND seat_sales.order_id = released.order_id
            """
    }

    func delete(_ sales: [SeatSale]) -> SQL? {
        guard !sales.isEmpty else { return nil }
        return """
            DELETE FROM orders.seat_sales
            USING (
                SELECT
                    unnest(\(sales.map(\.id.place.performanceId))), unnest(\(sales.map(\.id.place.key.text))),
                    unnest(\(sales.map { Int32($0.id.sale) }))
            ) AS ended (performance_id, seat_key, sale)
            WHERE seat_sales.performance_id = ended.performance_id AND seat_sales.seat_key = ended.seat_key
                AND seat_sales.sale = ended.sale
            """
    }

    /// Deletes the old sales of newly allocated units. The previous build released units but left their sales. The
    /// units were free, so none of these old sales is valid.
    func deleteLostSales(of sales: [SeatSale]) -> SQL? {
        guard !sales.isEmpty else { return nil }
        return """
            DELETE FROM orders.seat_sales
            USING (
                SELECT unnest(\(sales.map(\.ticketId))), unnest(\(sales.map { Int32($0.unit) }))
            ) AS allocated (ticket_id, unit)
            WHERE seat_sales.ticket_id = allocated.ticket_id AND seat_sales.unit = allocated.unit
            """
    }

    func insert(_ sales: [SeatSale]) -> SQL? {
        guard !sales.isEmpty else { return nil }
        return """
            INSERT INTO orders.seat_sales (performance_id, seat_key, sale, ticket_id, unit, order_id)
            SELECT
                unnest(\(sales.map(\.id.place.performanceId))), unnest(\(sales.map(\.id.place.key.text))),
                unnest(\(sales.map { Int32($0.id.sale) })), unnest(\(sales.map(\.ticketId))),
                unnest(\(sales.map { Int32($0.unit) })), unnest(\(sales.map(\.orderId)))
            """
    }
}

extension SeatSale {
    init(row: PostgresRow) throws {
        self.init(
            id: ID(
                place: SeatPlace(
                    performanceId: try row.decode("performance_id", as: PerformanceID.self),
                    key: SeatKey(stored: try row.decode("seat_key", as: String.self))),
                sale: try row.decode("sale", as: Int.self)),
            ticketId: try row.decode("ticket_id", as: ListingID.self), unit: try row.decode("unit", as: Int.self),
            orderId: try row.decode("order_id", as: OrderID.self))
    }
}
