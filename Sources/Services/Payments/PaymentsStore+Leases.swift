public import FoundationEssentials
public import Marketplace
public import PostgresClient

/// Leases of due calls and polls. A lease moves the due time ahead, and is renewed while the work lasts. If the worker
/// dies, the call or poll becomes due again.
extension PaymentsStore {
    /// Leases due calls and due polls, at most `limit` of each, in one round trip.
    public func lease(
        limit: Int, now: Timestamp, until: Timestamp, on pool: PostgresPool
    ) async throws -> LeasedPayments {
        try await pool.withTransaction { transaction in
            let rows = try await transaction.commit(with: [
                // A WITH query runs once. A joined subquery could run again and exceed the limit.
                """
                WITH due AS (
                    SELECT order_id, attempt, operation, try FROM payments.calls
                    WHERE state = 'pending' AND due_at <= \(now)
                    ORDER BY due_at LIMIT \(limit) FOR UPDATE SKIP LOCKED
                )
                UPDATE payments.calls
                SET due_at = \(until), token = gen_random_uuid(), runs = calls.runs + 1, updated_at = now()
                FROM due
                JOIN payments.attempts ON attempts.order_id = due.order_id AND attempts.number = due.attempt
                JOIN payments.orders ON orders.id = due.order_id
                WHERE calls.order_id = due.order_id AND calls.attempt = due.attempt
                    AND calls.operation = due.operation AND calls.try = due.try
                RETURNING calls.order_id, calls.attempt, calls.operation, calls.try, calls.request, calls.token,
                    calls.runs, calls.failures, calls.created_at, attempts.session_id, \(Self.readableColumns)
                """,
                """
                WITH due AS (
                    SELECT order_id, number FROM payments.attempts
                    WHERE look_at <= \(now) AND session_id IS NOT NULL AND NOT EXISTS (
                        SELECT FROM payments.calls
                        WHERE calls.order_id = attempts.order_id AND calls.attempt = attempts.number
                            AND calls.state = 'pending'
                    )
                    ORDER BY look_at LIMIT \(limit) FOR UPDATE OF attempts SKIP LOCKED
                )
                UPDATE payments.attempts
                SET look_at = \(until), look_token = gen_random_uuid(), updated_at = now()
                FROM due JOIN payments.orders ON orders.id = due.order_id
                WHERE attempts.order_id = due.order_id AND attempts.number = due.number
                RETURNING attempts.order_id, attempts.number, attempts.session_id, attempts.look_token,
                    \(Self.readableColumns)
                """,
            ])
            return try LeasedPayments(calls: rows[0], polls: rows[1])
        }
    }

    /// The columns that ``PostgresRow/checkPaymentIsReadable()`` checks.
    private static let readableColumns: SQL = """
        orders.status AS order_status, orders.currency AS order_currency, attempts.state AS attempt_state, \
        attempts.currency AS attempt_currency
        """

    /// Ends leases whose outcome can't be stored. They become due again after 10 s, twice that the next time, and so on
    /// up to ten minutes.
    public func postpone(_ tokens: [UUID], now: Timestamp, on pool: PostgresPool) async throws {
        _ = try await pool.pipeline([
            """
            UPDATE payments.calls SET token = NULL, updated_at = now(),
                due_at = \(now) + least(interval '5 seconds' * 2 ^ least(runs, 7), interval '10 minutes')
            WHERE state = 'pending' AND token = ANY(\(tokens))
            """,
            """
            UPDATE payments.attempts SET look_token = NULL, updated_at = now(), look_failures = look_failures + 1,
                look_at = \(now) + least(interval '10 seconds' * 2 ^ least(look_failures, 6), interval '10 minutes')
            WHERE look_at IS NOT NULL AND look_token = ANY(\(tokens))
            """,
        ])
    }

    /// Renews leases.
    public func renew(_ tokens: [UUID], until: Timestamp, on pool: PostgresPool) async throws {
        _ = try await pool.pipeline([
            "UPDATE payments.calls SET due_at = \(until) WHERE state = 'pending' AND token = ANY(\(tokens))",
            "UPDATE payments.attempts SET look_at = \(until) WHERE look_at IS NOT NULL AND look_token = ANY(\(tokens))",
        ])
    }
}
