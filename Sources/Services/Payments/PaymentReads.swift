public import Marketplace
public import PostgresClient

/// The API's queries of the schema `payments`.
public struct PaymentReads: Sendable {
    private let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// Returns the latest attempt to pay an order, if there is one.
    public func lastAttempt(of order: OrderID) async throws -> PaymentAttempt? {
        try await pool.query(
            """
            SELECT \(PaymentAttempt.columns) FROM payments.attempts WHERE order_id = \(order)
            ORDER BY number DESC LIMIT 1
            """
        ).map(PaymentAttempt.init(row:)).first
    }
}
