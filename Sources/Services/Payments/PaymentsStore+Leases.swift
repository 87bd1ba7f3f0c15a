package import FoundationEssentials
package import Marketplace
package import PostgresClient

/// Calls are leased in `payments.calls`, polls in `payments.attempts`.
extension PaymentsStore: EffectStore {
    package func lease(
        limit: Int, now: Timestamp, until: Timestamp, on pool: PostgresPool
    ) async throws -> LeasedEffects<StripeEffect> {
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
                    calls.runs, calls.failures, calls.created_at, attempts.session_id, \(StripeEffect.readableColumns)
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
                RETURNING attempts.order_id, attempts.number, attempts.session_id, attempts.look_token AS token,
                    \(StripeEffect.readableColumns)
                """,
            ])
            var leased = LeasedEffects<StripeEffect>()
            try leased.add(rows[0], limit: limit, subject: "order_id", read: StripeEffect.init(call:))
            try leased.add(rows[1], limit: limit, subject: "order_id", read: StripeEffect.init(poll:))
            return leased
        }
    }

    /// Effects become due again after 10 s, then after 20 s, and so on up to ten minutes.
    package func postpone(_ tokens: [UUID], now: Timestamp, on pool: PostgresPool) async throws {
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

    package func renew(_ tokens: [UUID], until: Timestamp, on pool: PostgresPool) async throws {
        _ = try await pool.pipeline([
            "UPDATE payments.calls SET due_at = \(until) WHERE state = 'pending' AND token = ANY(\(tokens))",
            "UPDATE payments.attempts SET look_at = \(until) WHERE look_at IS NOT NULL AND look_token = ANY(\(tokens))",
        ])
    }
}
