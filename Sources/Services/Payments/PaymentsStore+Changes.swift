import FoundationEssentials
public import Marketplace
public import PostgresClient

extension PaymentsStore {
    /// Returns the statements that store decisions, in the order of the locks. Updates come before inserts, because an
    /// insert may replace a row that an update ends.
    ///
    /// - Parameters:
    ///   - now: The time of the decisions.
    ///   - until: The end of the leases that the decisions take.
    ///   - write: Returns a new call's request as JSON, byte for byte as it is sent.
    public func changes(
        of payments: [OrderPayments], now: Timestamp, leasedUntil until: Timestamp,
        writing write: (PaymentRequest, _ key: String) -> String
    ) -> [SQL] {
        let orders = payments.sorted { $0.order.id < $1.order.id }
            .map { (id: $0.order.id, changes: $0.changes, lease: OrderPayments.Lease(of: $0, now: now)) }
        let writes: [SQL?] = [
            insert(orders.compactMap(\.changes.insertedOrder)), update(orders.compactMap(\.changes.updatedOrder)),
            update(
                orders.flatMap { order in
                    order.changes.updatedAttempts.map { attempt in
                        (order.id, attempt, order.lease.flatMap { $0.covers(attempt) ? $0.token : nil })
                    }
                }, until: until),
            insert(orders.flatMap { order in order.changes.insertedAttempts.map { (order.id, $0) } }),
            update(orders.flatMap { order in order.changes.updatedCalls.map { (order.id, $0) } }),
            insert(
                orders.flatMap { order in
                    order.changes.insertedCalls.map { call, request in
                        (
                            order.id, call, write(request, call.key(of: order.id)),
                            order.lease.flatMap { $0.covers(call) ? $0.token : nil }
                        )
                    }
                }, until: until),
            delete(orders.flatMap(\.changes.deletedWaiters)),
            insert(orders.flatMap { order in order.changes.insertedWaiters.map { (order.id, $0) } }),
        ]
        return writes.compactMap(\.self)
    }

    private func insert(_ orders: [PayableOrder]) -> SQL? {
        guard !orders.isEmpty else { return nil }
        return """
            INSERT INTO payments.orders (\(PayableOrder.columns))
            SELECT
                unnest(\(orders.map(\.id))), unnest(\(orders.map(\.userId))), unnest(\(orders.map(\.title))),
                unnest(\(orders.map { Int32(clamping: $0.quantity) })), unnest(\(orders.map(\.price))),
                unnest(\(orders.map(\.total))), unnest(\(orders.map(\.currency.rawValue))),
                unnest(\(orders.map(\.status.rawValue))),
                unnest(\(orders.map { $0.claimed.map { Int32(clamping: $0) } })), unnest(\(orders.map(\.expiresAt))),
                unnest(\(orders.map(\.version))), unnest(\(orders.map(\.eventVersion)))
            """
    }

    private func update(_ orders: [PayableOrder]) -> SQL? {
        guard !orders.isEmpty else { return nil }
        return """
            UPDATE payments.orders SET title = new.title, quantity = new.quantity, price = new.price,
                total = new.total, currency = new.currency, status = new.status, claimed = new.claimed,
                expires_at = new.expires_at, version = new.version, told = new.told
            FROM (
                SELECT
                    unnest(\(orders.map(\.id))), unnest(\(orders.map(\.title))),
                    unnest(\(orders.map { Int32(clamping: $0.quantity) })), unnest(\(orders.map(\.price))),
                    unnest(\(orders.map(\.total))), unnest(\(orders.map(\.currency.rawValue))),
                    unnest(\(orders.map(\.status.rawValue))),
                    unnest(\(orders.map { $0.claimed.map { Int32(clamping: $0) } })),
                    unnest(\(orders.map(\.expiresAt))), unnest(\(orders.map(\.version))),
                    unnest(\(orders.map(\.eventVersion)))
            ) AS new (id, title, quantity, price, total, currency, status, claimed, expires_at, version, told)
            WHERE orders.id = new.id
            """
    }

    /// Also replaces the poll token, so that the outcome of an earlier poll is discarded.
    private func update(
        _ attempts: [(order: OrderID, attempt: PaymentAttempt, token: UUID?)], until: Timestamp
    ) -> SQL? {
        guard !attempts.isEmpty else { return nil }
        return """
            UPDATE payments.attempts SET state = new.state, session_id = new.session_id,
                session_url = new.session_url, session_expires_at = new.session_expires_at,
                intent_id = new.intent_id, failure = new.failure, look_at = new.look_at, looks = new.looks,
                look_failures = new.look_failures, look_token = new.look_token, updated_at = now()
            FROM (
                SELECT
                    unnest(\(attempts.map(\.order))),
                    unnest(\(attempts.map { Int32(clamping: $0.attempt.number) })),
                    unnest(\(attempts.map(\.attempt.state.rawValue))), unnest(\(attempts.map(\.attempt.sessionId))),
                    unnest(\(attempts.map(\.attempt.sessionURL))),
                    unnest(\(attempts.map(\.attempt.sessionExpiresAt))),
                    unnest(\(attempts.map(\.attempt.intentId))), unnest(\(attempts.map(\.attempt.failure))),
                    unnest(\(attempts.map { $0.token == nil ? $0.attempt.pollAt : until })),
                    unnest(\(attempts.map { Int32(clamping: $0.attempt.polls) })),
                    unnest(\(attempts.map { Int32(clamping: $0.attempt.pollFailures) })),
                    unnest(\(attempts.map(\.token)))
            ) AS new (order_id, number, state, session_id, session_url, session_expires_at, intent_id, failure,
                look_at, looks, look_failures, look_token)
            WHERE attempts.order_id = new.order_id AND attempts.number = new.number
            """
    }

    private func insert(_ attempts: [(order: OrderID, attempt: PaymentAttempt)]) -> SQL? {
        guard !attempts.isEmpty else { return nil }
        return """
            INSERT INTO payments.attempts (order_id, number, state, amount, currency, session_expires_at, failure,
                look_at, looks, created_at, updated_at)
            SELECT new.*, now(), now() FROM (
                SELECT
                    unnest(\(attempts.map(\.order))),
                    unnest(\(attempts.map { Int32(clamping: $0.attempt.number) })),
                    unnest(\(attempts.map(\.attempt.state.rawValue))), unnest(\(attempts.map(\.attempt.amount))),
                    unnest(\(attempts.map(\.attempt.currency.rawValue))),
                    unnest(\(attempts.map(\.attempt.sessionExpiresAt))), unnest(\(attempts.map(\.attempt.failure))),
                    unnest(\(attempts.map(\.attempt.pollAt))),
                    unnest(\(attempts.map { Int32(clamping: $0.attempt.polls) }))
            ) AS new
            """
    }

    /// Also deletes the request of a call that is done or withdrawn, because the request is never sent again. Requests
    /// that Stripe refused stay for the operator.
    private func update(_ calls: [(order: OrderID, call: PaymentCall)]) -> SQL? {
        guard !calls.isEmpty else { return nil }
        return """
            UPDATE payments.calls SET state = new.state, due_at = new.due_at, failures = new.failures,
                error = new.error, repeats = new.repeats, stuck_at = new.stuck_at, token = NULL, updated_at = now(),
                request = CASE WHEN new.state IN ('done', 'withdrawn') THEN NULL ELSE calls.request END
            FROM (
                SELECT
                    unnest(\(calls.map(\.order))), unnest(\(calls.map { Int32(clamping: $0.call.attempt) })),
                    unnest(\(calls.map(\.call.operation.rawValue))),
                    unnest(\(calls.map { Int32(clamping: $0.call.try) })),
                    unnest(\(calls.map(\.call.state.rawValue))), unnest(\(calls.map(\.call.dueAt))),
                    unnest(\(calls.map { Int32(clamping: $0.call.failures) })), unnest(\(calls.map(\.call.error))),
                    unnest(\(calls.map { Int32(clamping: $0.call.repeats) })), unnest(\(calls.map(\.call.stuckAt)))
            ) AS new (order_id, attempt, operation, try, state, due_at, failures, error, repeats, stuck_at)
            WHERE calls.order_id = new.order_id AND calls.attempt = new.attempt
                AND calls.operation = new.operation AND calls.try = new.try
            """
    }

    private func insert(
        _ calls: [(order: OrderID, call: PaymentCall, request: String, token: UUID?)], until: Timestamp
    ) -> SQL? {
        guard !calls.isEmpty else { return nil }
        return """
            INSERT INTO payments.calls (order_id, attempt, operation, try, state, due_at, error, created_at, request,
                token, runs, repeats, updated_at)
            SELECT new.order_id, new.attempt, new.operation, new.try, new.state, new.due_at, new.error,
                new.created_at, new.request::json, new.token, new.runs, new.repeats, now()
            FROM (
                SELECT
                    unnest(\(calls.map(\.order))), unnest(\(calls.map { Int32(clamping: $0.call.attempt) })),
                    unnest(\(calls.map(\.call.operation.rawValue))),
                    unnest(\(calls.map { Int32(clamping: $0.call.try) })),
                    unnest(\(calls.map(\.call.state.rawValue))),
                    unnest(\(calls.map { $0.token == nil ? $0.call.dueAt : until })),
                    unnest(\(calls.map(\.call.error))), unnest(\(calls.map(\.call.createdAt))),
                    unnest(\(calls.map(\.request))), unnest(\(calls.map(\.token))),
                    unnest(\(calls.map { Int32($0.token == nil ? 0 : 1) })),
                    unnest(\(calls.map { Int32(clamping: $0.call.repeats) }))
            ) AS new (order_id, attempt, operation, try, state, due_at, error, created_at, request, token, runs,
                repeats)
            """
    }

    private func delete(_ waiters: [PaymentWaiter]) -> SQL? {
        waiters.isEmpty ? nil : "DELETE FROM payments.waiting WHERE command_id = ANY(\(waiters.map(\.command)))"
    }

    private func insert(_ waiters: [(order: OrderID, waiter: PaymentWaiter)]) -> SQL? {
        guard !waiters.isEmpty else { return nil }
        return """
            INSERT INTO payments.waiting (command_id, order_id, reply, created_at)
            SELECT new.*, now() FROM (
                SELECT
                    unnest(\(waiters.map(\.waiter.command))), unnest(\(waiters.map(\.order))),
                    unnest(\(waiters.map(\.waiter.reply)))
            ) AS new
            """
    }
}
