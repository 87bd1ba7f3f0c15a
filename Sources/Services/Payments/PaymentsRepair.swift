public import Marketplace
public import PostgresClient
import Storage

/// Finds and repairs damage within the schema `payments`. Like the service's handlers, a repair locks the order's row
/// before it changes the order's attempts or calls.
public struct PaymentsRepair: Sendable {
    let pool: PostgresPool

    public init(pool: PostgresPool) { self.pool = pool }

    /// A stored attempt.
    public struct Attempt: Sendable, Hashable {
        public var order: OrderID
        public var number: Int
        public var state: PaymentAttempt.State
        /// The status of the order's copy.
        public var status: OrderState.Status
        public var hasSession: Bool

        init(row: PostgresRow) throws {
            order = try row.decode("order_id", as: OrderID.self)
            number = try row.decode("number", as: Int.self)
            state = try row.known("state", PaymentAttempt.State.init)
            status = try row.known("status", OrderState.Status.init)
            hasSession = try row.decode("has_session", as: Bool.self)
        }
    }

    private static let columns: SQL = """
        attempts.order_id, attempts.number, attempts.state, orders.status, attempts.session_id IS NOT NULL AS has_session
        """

    // MARK: Idle attempts

    /// The condition for attempts whose next step will never be taken: they have not ended, no call is due within a day
    /// (the longest delay between two tries is 16 hours), no call is stuck, and no poll is due soon. A captured payment
    /// of an order that is still valid needs no next step.
    private static let isIdle: SQL = """
        attempts.state NOT IN ('dead', 'refunded') AND \(isReadable)
        AND NOT EXISTS (
            SELECT FROM payments.calls AS stuck WHERE stuck.order_id = attempts.order_id
                AND stuck.attempt = attempts.number AND stuck.stuck_at IS NOT NULL)
        AND NOT (attempts.state = 'captured' AND orders.status IN ('awaiting_payment', 'confirmed', 'complete')
            AND coalesce(orders.claimed, attempts.number) = attempts.number)
        AND NOT EXISTS (
            SELECT FROM payments.calls WHERE calls.order_id = attempts.order_id AND calls.attempt = attempts.number
                AND calls.state = 'pending' AND calls.due_at < now() + interval '1 day')
        AND (attempts.look_at IS NULL OR attempts.look_at > now() + interval '2 hours' OR attempts.session_id IS NULL)
        """

    /// Returns idle attempts.
    public func idle(limit: Int) async throws -> [Attempt] {
        try await pool.query(
            """
            SELECT \(Self.columns) FROM payments.attempts JOIN payments.orders ON orders.id = attempts.order_id
            WHERE \(Self.isIdle) ORDER BY attempts.order_id, attempts.number LIMIT \(limit)
            """
        ).map(Attempt.init(row:))
    }

    /// Makes an idle attempt's call or poll due now; its outcome determines the next step. If the attempt has no page
    /// at Stripe and no call that would open one, ends the attempt.
    ///
    /// - Returns: A description of the repair, or `nil` if the attempt is no longer idle.
    public func resume(_ order: OrderID, attempt: Int, now: Timestamp) async throws -> String? {
        try await pool.withTransaction { (transaction) -> String? in
            _ = try await transaction.query("SELECT FROM payments.orders WHERE id = \(order) FOR UPDATE")
            let rows = try await transaction.query(
                """
                SELECT \(Self.columns) FROM payments.attempts JOIN payments.orders ON orders.id = attempts.order_id
                WHERE \(Self.isIdle) AND attempts.order_id = \(order) AND attempts.number = \(Int32(clamping: attempt))
                FOR UPDATE OF attempts
                """)
            guard let idle = try rows.first.map(Attempt.init(row:)) else { return nil }
            let isAttempt: SQL = "order_id = \(order) AND number = \(Int32(clamping: attempt))"
            let calls = try await transaction.query(
                """
                UPDATE payments.calls SET due_at = \(now), updated_at = now()
                WHERE order_id = \(order) AND attempt = \(Int32(clamping: attempt)) AND state = 'pending'
                RETURNING order_id
                """)
            var writes: [SQL] = []
            if idle.hasSession {
                writes.append(
                    "UPDATE payments.attempts SET look_at = \(now), look_token = NULL, updated_at = now() WHERE \(isAttempt)"
                )
            } else if calls.isEmpty {
                writes.append(
                    """
                    UPDATE payments.attempts SET state = 'dead', failure = 'not_opened', look_at = NULL,
                        look_token = NULL, updated_at = now() WHERE \(isAttempt)
                    """)
                writes += try await publishing(.failed, order, attempt: attempt, now: now, in: transaction)
            }
            _ = try await transaction.commit(with: writes)
            return idle.hasSession || !calls.isEmpty
                ? "its next call to Stripe is due now" : "it never had a page at Stripe, and has ended"
        }
    }

    // MARK: Unpublished results

    /// Returns attempts with a payment or an end that contradicts the copy of the order, because the event was lost or
    /// never published.
    public func unpublished(limit: Int) async throws -> [Attempt] {
        try await pool.query(
            """
            SELECT \(Self.columns) FROM payments.attempts JOIN payments.orders ON orders.id = attempts.order_id
            WHERE \(Self.isUnpublished) ORDER BY attempts.order_id, attempts.number LIMIT \(limit)
            """
        ).map(Attempt.init(row:))
    }

    private static let isUnpublished: SQL = """
        \(isReadable) AND ((orders.status = 'awaiting_payment' AND attempts.state IN ('authorized', 'captured'))
            OR (orders.status = 'confirmed' AND orders.claimed = attempts.number
                AND attempts.state IN ('captured', 'dead', 'refunded'))
            OR (orders.status = 'complete' AND orders.claimed = attempts.number AND attempts.state = 'refunded'))
        """

    /// Publishes an attempt's result, even if it was published before, if the copy of the order shows that the orders
    /// service does not know it.
    ///
    /// - Returns: False if the copy of the order agrees with the attempt. Nothing is published then.
    public func publish(_ order: OrderID, attempt: Int, now: Timestamp) async throws -> Bool {
        try await pool.withTransaction { (transaction) -> Bool in
            _ = try await transaction.query("SELECT FROM payments.orders WHERE id = \(order) FOR UPDATE")
            let rows = try await transaction.query(
                """
                SELECT \(Self.columns) FROM payments.attempts JOIN payments.orders ON orders.id = attempts.order_id
                WHERE \(Self.isUnpublished) AND attempts.order_id = \(order) AND attempts.number = \(Int32(clamping: attempt))
                """)
            guard let unpublished = try rows.first.map(Attempt.init(row:)) else { return false }
            let kind: PaymentEvent.Kind =
                switch (unpublished.status, unpublished.state) {
                case (.awaitingPayment, _): .authorized
                case (_, .captured): .charged
                case (_, .refunded): .refunded
                default: .failed
                }
            _ = try await transaction.commit(
                with: publishing(kind, order, attempt: attempt, now: now, in: transaction))
            return true
        }
    }

    /// Returns the statements that publish a result of the attempt.
    private func publishing(
        _ kind: PaymentEvent.Kind, _ order: OrderID, attempt: Int, now: Timestamp, in transaction: PostgresTransaction
    ) async throws -> [SQL] {
        let row = try await transaction.query(
            """
            SELECT orders.told, attempts.amount, attempts.currency, attempts.intent_id, attempts.failure
            FROM payments.attempts JOIN payments.orders ON orders.id = attempts.order_id
            WHERE attempts.order_id = \(order) AND attempts.number = \(Int32(clamping: attempt))
            """)[0]
        let version = try row.decode("told", as: Int64.self) + 1
        let event = PaymentEvent(
            kind: kind, orderId: order, attempt: attempt, amount: try row.decode("amount", as: Int64.self),
            currency: try row.known("currency", Currency.init),
            paymentIntentId: try row.decode("intent_id", as: String?.self),
            reason: kind == .failed ? try row.decode("failure", as: String?.self) ?? "not_opened" : nil)
        return ["UPDATE payments.orders SET told = \(version) WHERE id = \(order)"]
            + Outbox(service: .payments).appendSQL([
                try OutboxEvent(NewEvent(event.type, subject: order, version: version, body: event), at: now)
            ])
    }

    // MARK: Orphaned sessions

    /// Returns the given sessions that belong to an attempt.
    public func known(sessions: [String]) async throws -> Set<String> {
        Set(
            try await pool.query("SELECT session_id FROM payments.attempts WHERE session_id = ANY(\(sessions))")
                .decode(String.self))
    }

    /// The stored facts about the attempt that a session at Stripe names in its metadata.
    public struct AttemptStatus: Sendable, Hashable {
        public var isOrderKnown: Bool
        /// `nil` if there is no such attempt.
        public var state: PaymentAttempt.State?
        /// True if a call that opens a page is unfinished.
        public var isOpening: Bool
        /// True if another attempt of the order can still take money.
        public var hasOtherActive: Bool
    }

    public func status(of order: OrderID, attempt: Int) async throws -> AttemptStatus {
        let row = try await pool.query(
            """
            SELECT EXISTS (SELECT FROM payments.orders WHERE id = \(order)) AS known,
                (SELECT state FROM payments.attempts
                    WHERE order_id = \(order) AND number = \(Int32(clamping: attempt))) AS state,
                EXISTS (SELECT FROM payments.calls WHERE order_id = \(order) AND attempt = \(Int32(clamping: attempt))
                    AND operation = 'create_session' AND state = 'pending') AS opening,
                EXISTS (SELECT FROM payments.attempts WHERE order_id = \(order)
                    AND number <> \(Int32(clamping: attempt)) AND state NOT IN ('dead', 'refunded')) AS other
            """)[0]
        return AttemptStatus(
            isOrderKnown: try row.decode("known", as: Bool.self),
            state: try row.decode("state", as: String?.self).flatMap(PaymentAttempt.State.init),
            isOpening: try row.decode("opening", as: Bool.self),
            hasOtherActive: try row.decode("other", as: Bool.self))
    }

    /// A session at Stripe that belongs to no attempt.
    public struct OrphanedSession: Sendable {
        public var session: String
        public var intent: String?
        public var order: OrderID
        public var attempt: Int
        public var amount: Int64
        public var currency: Currency
        public var expiresAt: Timestamp

        public init(
            session: String, intent: String?, order: OrderID, attempt: Int, amount: Int64, currency: Currency,
            expiresAt: Timestamp
        ) {
            self.session = session
            self.intent = intent
            self.order = order
            self.attempt = attempt
            self.amount = amount
            self.currency = currency
            self.expiresAt = expiresAt
        }
    }

    /// Inserts an attempt for the session, with a poll due now. The next steps are decided as for any attempt. An order
    /// that does not exist is inserted as cancelled, so that the payment is undone.
    ///
    /// - Returns: False if the attempt exists, or if another attempt can still take money.
    public func adopt(_ orphan: OrphanedSession) async throws -> Bool {
        try await pool.withTransaction { (transaction) -> Bool in
            _ = try await transaction.query(
                """
                INSERT INTO payments.orders
                    (id, user_id, title, quantity, price, total, currency, status, expires_at, version)
                VALUES (\(orphan.order), \(orphan.order), 'an order that no longer exists', 1, \(orphan.amount),
                    \(orphan.amount), \(orphan.currency.rawValue), 'cancelled', now(), 0)
                ON CONFLICT (id) DO NOTHING
                """)
            _ = try await transaction.query("SELECT FROM payments.orders WHERE id = \(orphan.order) FOR UPDATE")
            let rows = try await transaction.query(
                """
                INSERT INTO payments.attempts (order_id, number, state, amount, currency, session_id, intent_id,
                    session_expires_at, look_at, created_at, updated_at)
                SELECT \(orphan.order), \(Int32(clamping: orphan.attempt)), 'open', \(orphan.amount),
                    \(orphan.currency.rawValue), \(orphan.session), \(orphan.intent), \(orphan.expiresAt), now(), now(), now()
                WHERE NOT EXISTS (
                    SELECT FROM payments.attempts WHERE order_id = \(orphan.order)
                        AND (number = \(Int32(clamping: orphan.attempt)) OR state NOT IN ('dead', 'refunded')))
                RETURNING number
                """)
            return !rows.isEmpty
        }
    }

    /// Returns confirmed orders whose claiming attempt is missing. Their payments will never be captured.
    public func withoutAttempt(limit: Int) async throws -> [(order: OrderID, claimed: Int)] {
        try await pool.query(
            """
            SELECT id, claimed FROM payments.orders WHERE status = 'confirmed' AND NOT EXISTS (
                SELECT FROM payments.attempts WHERE order_id = orders.id AND number = orders.claimed)
            ORDER BY id LIMIT \(limit)
            """
        ).map { (try $0.decode("id", as: OrderID.self), try $0.decode("claimed", as: Int.self)) }
    }
}
