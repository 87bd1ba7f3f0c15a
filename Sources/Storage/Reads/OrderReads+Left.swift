public import Marketplace
import PostgresClient

extension OrderReads {
    /// How many units of a listing can be ordered at this moment, by the count of the service that hands them out. Nil of
    /// a listing that it has not heard of yet.
    public func left(of ticket: TicketID) async throws -> Int? {
        try await pool.query(
            """
            SELECT CASE WHEN withdrawn THEN 0 ELSE greatest(0, offered - held) END AS left_over
            FROM orders.tickets WHERE id = \(ticket)
            """
        ).first.map { try $0.decode("left_over", as: Int.self) }
    }
}
