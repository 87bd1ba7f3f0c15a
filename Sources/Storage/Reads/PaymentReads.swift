public import Marketplace
public import PostgresClient

/// What the API reads of the schema `payments`.
public struct PaymentReads: Sendable {
    private let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// The latest attempt to pay an order; nil while there was none.
    public func lastAttempt(of order: OrderID) async throws -> PaymentAttempt? {
        try await pool.query(
            """
            SELECT \(PaymentAttempt.columns) FROM payments.attempts WHERE order_id = \(order)
            ORDER BY number DESC LIMIT 1
            """
        ).map(PaymentAttempt.init(row:)).first
    }
}
