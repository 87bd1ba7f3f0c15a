package import FoundationEssentials
package import Marketplace
import PostgresClient
import Storage

/// A call to Stripe, or a poll of an attempt's Checkout Session, that this worker has leased.
package struct StripeEffect: LeasedEffect {
    package enum Work: Sendable {
        case call(Call)
        case poll(attempt: Int, session: String)
    }

    /// A committed call, sent under its idempotency key.
    package struct Call: Sendable {
        var name: PaymentCall.Name
        /// Stripe's idempotency key, which is also a part of the request.
        var key: String
        /// The request as JSON, byte for byte as it was stored.
        var request: String
        /// The number of leases so far, including this one.
        var runs: Int
        /// The number of 5xx responses from Stripe so far.
        var failures: Int
        var createdAt: Timestamp
        /// The id of the attempt's Checkout Session, if it has one.
        var session: String?
    }

    package var order: OrderID
    package var token: UUID
    package var work: Work

    package var subject: OrderID { order }
}

extension StripeEffect {
    /// Reads a leased call.
    ///
    /// - Throws: `UnknownValue` if this build can't read the call or its payment.
    init(call row: PostgresRow) throws {
        let order = try Self.readableOrder(row)
        let name = try PaymentCall.Name(row: row)
        self.init(
            order: order, token: try row.decode("token", as: UUID.self),
            work: .call(
                Call(
                    name: name, key: name.key(of: order), request: try row.decode("request", as: String.self),
                    runs: try row.decode("runs", as: Int.self), failures: try row.decode("failures", as: Int.self),
                    createdAt: try row.decode("created_at", as: Timestamp.self),
                    session: try row.decode("session_id", as: String?.self))))
    }

    /// Reads a leased poll.
    ///
    /// - Throws: `UnknownValue` if this build can't read the payment.
    init(poll row: PostgresRow) throws {
        self.init(
            order: try Self.readableOrder(row), token: try row.decode("token", as: UUID.self),
            work: .poll(
                attempt: try row.decode("number", as: Int.self), session: try row.decode("session_id", as: String.self))
        )
    }

    /// The columns of each leased row that show whether this build can decide on the outcome.
    static let readableColumns: SQL = """
        orders.status AS order_status, orders.currency AS order_currency, attempts.state AS attempt_state, \
        attempts.currency AS attempt_currency
        """

    /// Checks the values that a decision on the outcome needs, and returns the order's id. Without this check, Stripe
    /// would be called again and again for an outcome that can't be stored.
    private static func readableOrder(_ row: PostgresRow) throws -> OrderID {
        _ = try row.known("order_status", OrderState.Status.init)
        _ = try row.known("order_currency", Currency.init)
        _ = try row.known("attempt_state", PaymentAttempt.State.init)
        _ = try row.known("attempt_currency", Currency.init)
        return try row.decode("order_id", as: OrderID.self)
    }
}
