public import Marketplace
public import PostgresClient

/// The API's queries of the schema `payments`.
public struct PaymentReads: Sendable {
    private let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// Returns the order of a checkout session or payment intent at Stripe.
    public func order(ofStripeID id: String) async throws -> OrderID? {
        try await pool.query(
            "SELECT order_id FROM payments.attempts WHERE session_id = \(id) OR intent_id = \(id) LIMIT 1"
        ).map { try $0.decode("order_id", as: OrderID.self) }.first
    }

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
