import FoundationEssentials
public import Marketplace
public import PostgresClient

extension PaymentsStore {
    /// The writes of what was decided, in the order of the locks; what ends before what begins in its place.
    ///
    /// - Parameters:
    ///   - now: when it was decided.
    ///   - until: when the lease ends that a file has on what is due at once.
    ///   - write: a new call's request, as JSON, exactly as it will be sent.
    public func changes(
        of files: [PaymentFile], now: Timestamp, until: Timestamp,
        writing write: (PaymentRequest, _ key: String) -> String
    ) -> [SQL] {
        let files = files.sorted { $0.order.id < $1.order.id }
            .map { (id: $0.order.id, changes: $0.changes, lease: PaymentFile.Lease(of: $0, now: now)) }
        let writes: [SQL?] = [
            insert(files.compactMap(\.changes.newOrder)), update(files.compactMap(\.changes.order)),
            update(
                files.flatMap { file in
                    file.changes.changedAttempts.map { attempt in
                        (file.id, attempt, file.lease.flatMap { $0.holds(attempt) ? $0.token : nil })
                    }
                }, until: until),
            insert(files.flatMap { file in file.changes.newAttempts.map { (file.id, $0) } }),
            update(files.flatMap { file in file.changes.changedCalls.map { (file.id, $0) } }),
            insert(
                files.flatMap { file in
                    file.changes.newCalls.map { call, request in
                        (
                            file.id, call, write(request, call.key(of: file.id)),
                            file.lease.flatMap { $0.holds(call) ? $0.token : nil }
                        )
                    }
                }, until: until),
            delete(files.flatMap(\.changes.goneWaiters)),
            insert(files.flatMap { file in file.changes.newWaiters.map { (file.id, $0) } }),
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
                unnest(\(orders.map(\.version))), unnest(\(orders.map(\.told)))
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
                    unnest(\(orders.map(\.told)))
            ) AS new (id, title, quantity, price, total, currency, status, claimed, expires_at, version, told)
            WHERE orders.id = new.id
            """
    }

    /// Whoever looks at the attempt now will find their token gone.
    private func update(
        _ attempts: [(order: OrderID, attempt: PaymentAttempt, token: UUID?)], until: Timestamp
    ) -> SQL? {
        guard !attempts.isEmpty else { return nil }
        return """
            UPDATE payments.attempts SET state = new.state, session_id = new.session_id,
                session_url = new.session_url, session_expires_at = new.session_expires_at,
                intent_id = new.intent_id, failure = new.failure, look_at = new.look_at, looks = new.looks,
                look_token = new.look_token, updated_at = now()
            FROM (
                SELECT
                    unnest(\(attempts.map(\.order))),
                    unnest(\(attempts.map { Int32(clamping: $0.attempt.number) })),
                    unnest(\(attempts.map(\.attempt.state.rawValue))), unnest(\(attempts.map(\.attempt.sessionId))),
                    unnest(\(attempts.map(\.attempt.sessionURL))),
                    unnest(\(attempts.map(\.attempt.sessionExpiresAt))),
                    unnest(\(attempts.map(\.attempt.intentId))), unnest(\(attempts.map(\.attempt.failure))),
                    unnest(\(attempts.map { $0.token == nil ? $0.attempt.lookAt : until })),
                    unnest(\(attempts.map { Int32(clamping: $0.attempt.looks) })), unnest(\(attempts.map(\.token)))
            ) AS new (order_id, number, state, session_id, session_url, session_expires_at, intent_id, failure,
                look_at, looks, look_token)
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
                    unnest(\(attempts.map(\.attempt.lookAt))),
                    unnest(\(attempts.map { Int32(clamping: $0.attempt.looks) }))
            ) AS new
            """
    }

    private func update(_ calls: [(order: OrderID, call: PaymentCall)]) -> SQL? {
        guard !calls.isEmpty else { return nil }
        return """
            UPDATE payments.calls SET state = new.state, due_at = new.due_at, failures = new.failures,
                error = new.error, token = NULL, updated_at = now()
            FROM (
                SELECT
                    unnest(\(calls.map(\.order))), unnest(\(calls.map { Int32(clamping: $0.call.attempt) })),
                    unnest(\(calls.map(\.call.operation.rawValue))),
                    unnest(\(calls.map { Int32(clamping: $0.call.try) })),
                    unnest(\(calls.map(\.call.state.rawValue))), unnest(\(calls.map(\.call.dueAt))),
                    unnest(\(calls.map { Int32(clamping: $0.call.failures) })), unnest(\(calls.map(\.call.error)))
            ) AS new (order_id, attempt, operation, try, state, due_at, failures, error)
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
                token, runs, updated_at)
            SELECT new.order_id, new.attempt, new.operation, new.try, new.state, new.due_at, new.error,
                new.created_at, new.request::json, new.token, new.runs, now()
            FROM (
                SELECT
                    unnest(\(calls.map(\.order))), unnest(\(calls.map { Int32(clamping: $0.call.attempt) })),
                    unnest(\(calls.map(\.call.operation.rawValue))),
                    unnest(\(calls.map { Int32(clamping: $0.call.try) })),
                    unnest(\(calls.map(\.call.state.rawValue))),
                    unnest(\(calls.map { $0.token == nil ? $0.call.dueAt : until })),
                    unnest(\(calls.map(\.call.error))), unnest(\(calls.map(\.call.createdAt))),
                    unnest(\(calls.map(\.request))), unnest(\(calls.map(\.token))),
                    unnest(\(calls.map { Int32($0.token == nil ? 0 : 1) }))
            ) AS new (order_id, attempt, operation, try, state, due_at, error, created_at, request, token, runs)
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
