public import Marketplace
public import PostgresClient

/// What the API reads of the schema `orders`.
public struct OrderReads: Sendable {
    let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    public func order(_ id: OrderID) async throws -> OrderState? {
        try await pool.query("SELECT \(OrderState.columns) FROM orders.orders WHERE id = \(id)")
            .map(OrderState.init(row:)).first
    }

    /// A buyer's, newest first.
    public func orders(of buyer: UserID, after place: ListPlace?, limit: Int) async throws -> [OrderState] {
        try await pool.query(
            """
            SELECT \(OrderState.columns) FROM orders.orders
            WHERE user_id = \(buyer) \(TicketReads.following(place))
            ORDER BY created_at DESC, id DESC LIMIT \(Int64(limit))
            """
        ).map(OrderState.init(row:))
    }
}
