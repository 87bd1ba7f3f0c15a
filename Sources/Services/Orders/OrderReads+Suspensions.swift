public import Marketplace
import PostgresClient
public import Storage

/// The paid orders of a seller's listings, for an admin who bans the seller.
public struct SellerOrders: Hashable, Sendable {
    /// Maximum value of each count.
    public static let limit = 1000

    /// Paid orders that are not frozen and whose show has not started.
    public var paid: Int
    public var frozen: Int
}

extension OrderReads {
    public func paidOrders(ofSeller seller: UserID) async throws -> SellerOrders {
        func count(_ condition: SQL) -> SQL {
            """
            SELECT count(*) FROM (
                SELECT FROM orders.tickets JOIN orders.orders ON orders.ticket_id = tickets.id
                WHERE tickets.seller_id = \(seller) AND tickets.held > 0 AND \(condition)
                LIMIT \(Int64(SellerOrders.limit))
            ) AS counted
            """
        }
        let results = try await pool.pipeline([
            count(OrdersStore.isFreezable), count("orders.frozen_at IS NOT NULL"),
        ])
        return SellerOrders(paid: try results[0][0].decode(Int.self), frozen: try results[1][0].decode(Int.self))
    }

    /// Returns frozen orders of all buyers, newest first.
    public func frozenOrders(after cursor: ListCursor?, limit: Int) async throws -> [OrderState] {
        try await pool.query(
            """
            SELECT \(OrderState.columns) FROM orders.orders WHERE frozen_at IS NOT NULL \(ListCursor.sql(after: cursor))
            ORDER BY created_at DESC, id DESC LIMIT \(Int64(limit))
            """
        ).decodeKnown(OrderState.init(row:))
    }
}
