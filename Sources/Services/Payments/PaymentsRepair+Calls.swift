public import Marketplace
import PostgresClient
import Storage

// Calls that need an operator, and payments that need another build.
extension PaymentsRepair {
    /// A call that the service no longer retries.
    public struct StuckCall: Sendable, Hashable {
        public var order: OrderID
        public var attempt: Int
        /// As stored: `refund`.
        public var operation: String
        /// The number of tries. It restarts when an operator requests more tries.
        public var tries: Int
        /// The last error.
        public var error: String?
        public var since: Timestamp

        init(row: PostgresRow) throws {
            order = try row.decode("order_id", as: OrderID.self)
            attempt = try row.decode("attempt", as: Int.self)
            operation = try row.decode("operation", as: String.self)
            tries = try row.decode("repeats", as: Int.self) + 1
            error = try row.decode("error", as: String?.self)
            since = try row.decode("stuck_at", as: Timestamp.self)
        }
    }

    /// Returns stuck calls of attempts that have not ended, oldest first.
    public func stuck(limit: Int) async throws -> [StuckCall] {
        try await pool.query(
            """
            SELECT calls.order_id, calls.attempt, calls.operation, calls.repeats, calls.error, calls.stuck_at
            FROM payments.calls
            JOIN payments.attempts ON attempts.order_id = calls.order_id AND attempts.number = calls.attempt
            WHERE calls.stuck_at IS NOT NULL AND attempts.state NOT IN ('dead', 'refunded')
            ORDER BY calls.stuck_at, calls.order_id, calls.attempt LIMIT \(limit)
            """
        ).map(StuckCall.init(row:))
    }

    /// An attempt that has not ended and that this build can't read.
    public struct UnreadableAttempt: Sendable, Hashable {
        public var order: OrderID
        public var number: Int
        /// The values that this build may not know: `status confirmed, currencies XYZ and XYZ, state open`.
        public var values: String
    }

    /// Returns attempts with a value, or with a pending call of an operation, that this build does not know.
    public func unreadable(limit: Int) async throws -> [UnreadableAttempt] {
        try await pool.query(
            """
            SELECT attempts.order_id, attempts.number, concat_ws(', ', 'status ' || orders.status,
                'currencies ' || orders.currency || ' and ' || attempts.currency, 'state ' || attempts.state,
                'operation ' || calls.operation) AS values
            FROM payments.attempts JOIN payments.orders ON orders.id = attempts.order_id
            LEFT JOIN payments.calls ON calls.order_id = attempts.order_id AND calls.attempt = attempts.number
                AND calls.state = 'pending'
            WHERE attempts.state NOT IN ('dead', 'refunded')
                AND (NOT \(Self.isReadable) OR calls.operation <> ALL(\(PaymentCall.Operation.allCases.map(\.rawValue))))
            ORDER BY attempts.order_id, attempts.number LIMIT \(limit)
            """
        ).map { row in
            UnreadableAttempt(
                order: try row.decode("order_id", as: OrderID.self), number: try row.decode("number", as: Int.self),
                values: try row.decode("values", as: String.self))
        }
    }

    /// The condition for attempts whose values this build knows.
    static let isReadable: SQL = """
        (orders.status = ANY(\(OrderState.Status.allCases.map(\.rawValue))) AND orders.currency = ANY(\(Currency.all))
        AND attempts.state = ANY(\(PaymentAttempt.State.allCases.map(\.rawValue)))
        AND attempts.currency = ANY(\(Currency.all)))
        """
}
