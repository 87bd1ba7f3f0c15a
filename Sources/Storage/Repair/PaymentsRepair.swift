public import Marketplace
public import PostgresClient

/// What can go wrong within the schema `payments`, found and put right. Whoever changes an order's attempts or calls
/// locks its row first.
public struct PaymentsRepair: Sendable {
    private let pool: PostgresPool

    public init(pool: PostgresPool) { self.pool = pool }

    /// An attempt of an order, as it is stored.
    public struct Attempt: Sendable, Hashable {
        public var order: OrderID
        public var number: Int
        public var state: PaymentAttempt.State
        /// What the copy of the order says.
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

    // MARK: What nobody works on

    /// An attempt that is not at an end, with no call to make before long and no time at which to look: nobody will ever
    /// take its next step. What is captured, of an order that stands, is at rest.
    private static let isIdle: SQL = """
        attempts.state NOT IN ('dead', 'refunded')
        AND NOT (attempts.state = 'captured' AND orders.status IN ('awaiting_payment', 'confirmed', 'complete')
            AND coalesce(orders.claimed, attempts.number) = attempts.number)
        AND NOT EXISTS (
            SELECT FROM payments.calls WHERE calls.order_id = attempts.order_id AND calls.attempt = attempts.number
                AND calls.state = 'pending' AND calls.due_at < now() + interval '2 hours')
        AND (attempts.look_at IS NULL OR attempts.look_at > now() + interval '2 hours' OR attempts.session_id IS NULL)
        """

    public func idle(limit: Int) async throws -> [Attempt] {
        try await pool.query(
            """
            SELECT \(Self.columns) FROM payments.attempts JOIN payments.orders ON orders.id = attempts.order_id
            WHERE \(Self.isIdle) ORDER BY attempts.order_id, attempts.number LIMIT \(limit)
            """
        ).map(Attempt.init(row:))
    }

    /// Has an idle attempt looked at now, by which all else follows. One that has no page at Stripe, and no call that
    /// would make one, is over.
    /// - Returns: what was done; nil where it is not idle any more.
    public func wake(_ order: OrderID, attempt: Int, now: Timestamp) async throws -> String? {
        try await pool.withTransaction { (transaction) -> String? in
            _ = try await transaction.query("SELECT FROM payments.orders WHERE id = \(order) FOR UPDATE")
            let rows = try await transaction.query(
                """
                SELECT \(Self.columns) FROM payments.attempts JOIN payments.orders ON orders.id = attempts.order_id
                WHERE \(Self.isIdle) AND attempts.order_id = \(order) AND attempts.number = \(Int32(clamping: attempt))
                FOR UPDATE OF attempts
                """)
            guard let idle = try rows.first.map(Attempt.init(row:)) else { return nil }
            let isThis: SQL = "order_id = \(order) AND number = \(Int32(clamping: attempt))"
            var writes: [SQL] = [
                """
                UPDATE payments.calls SET due_at = \(now), updated_at = now()
                WHERE order_id = \(order) AND attempt = \(Int32(clamping: attempt)) AND state = 'pending'
                RETURNING order_id
                """
            ]
            let calls = try await transaction.query(writes[0])
            writes = []
            if idle.hasSession {
                writes.append(
                    "UPDATE payments.attempts SET look_at = \(now), look_token = NULL, updated_at = now() WHERE \(isThis)"
                )
            } else if calls.isEmpty {
                writes.append(
                    """
                    UPDATE payments.attempts SET state = 'dead', failure = 'not_opened', look_at = NULL,
                        look_token = NULL, updated_at = now() WHERE \(isThis)
                    """)
                writes += try await telling(.failed, order, attempt: attempt, now: now, in: transaction)
            }
            _ = try await transaction.commit(with: writes)
            return idle.hasSession || !calls.isEmpty
                ? "Stripe is asked now" : "it never had a page at Stripe, and is over"
        }
    }

    // MARK: What orders was not told

    /// Attempts whose end, or whose money, the copy of the order knows nothing of: told, and not heard, or never told.
    public func untold(limit: Int) async throws -> [Attempt] {
        try await pool.query(
            """
            SELECT \(Self.columns) FROM payments.attempts JOIN payments.orders ON orders.id = attempts.order_id
            WHERE \(Self.isUntold) ORDER BY attempts.order_id, attempts.number LIMIT \(limit)
            """
        ).map(Attempt.init(row:))
    }

    private static let isUntold: SQL = """
        ((orders.status = 'awaiting_payment' AND attempts.state IN ('authorized', 'captured'))
            OR (orders.status = 'confirmed' AND orders.claimed = attempts.number
                AND attempts.state IN ('captured', 'dead', 'refunded'))
            OR (orders.status = 'complete' AND orders.claimed = attempts.number AND attempts.state = 'refunded'))
        """

    /// Tells orders of it, again.
    /// - Returns: false where there is nothing to tell any more.
    public func tell(_ order: OrderID, attempt: Int, now: Timestamp) async throws -> Bool {
        try await pool.withTransaction { (transaction) -> Bool in
            _ = try await transaction.query("SELECT FROM payments.orders WHERE id = \(order) FOR UPDATE")
            let rows = try await transaction.query(
                """
                SELECT \(Self.columns) FROM payments.attempts JOIN payments.orders ON orders.id = attempts.order_id
                WHERE \(Self.isUntold) AND attempts.order_id = \(order) AND attempts.number = \(Int32(clamping: attempt))
                """)
            guard let found = try rows.first.map(Attempt.init(row:)) else { return false }
            let kind: PaymentEvent.Kind =
                switch (found.status, found.state) {
                case (.awaitingPayment, _): .authorized
                case (_, .captured): .charged
                case (_, .refunded): .refunded
                default: .failed
                }
            _ = try await transaction.commit(
                with: telling(kind, order, attempt: attempt, now: now, in: transaction))
            return true
        }
    }

    private func telling(
        _ kind: PaymentEvent.Kind, _ order: OrderID, attempt: Int, now: Timestamp, in transaction: PostgresTransaction
    ) async throws -> [SQL] {
        let row = try await transaction.query(
            """
            SELECT orders.told, attempts.amount, attempts.currency, attempts.intent_id, attempts.failure
            FROM payments.attempts JOIN payments.orders ON orders.id = attempts.order_id
            WHERE attempts.order_id = \(order) AND attempts.number = \(Int32(clamping: attempt))
            """)[0]
        let told = try row.decode("told", as: Int64.self) + 1
        let event = PaymentEvent(
            kind: kind, orderId: order, attempt: attempt, amount: try row.decode("amount", as: Int64.self),
            currency: try row.known("currency", Currency.init),
            paymentIntentId: try row.decode("intent_id", as: String?.self),
            reason: kind == .failed ? try row.decode("failure", as: String?.self) ?? "not_opened" : nil)
        return ["UPDATE payments.orders SET told = \(told) WHERE id = \(order)"]
            + Outbox(service: .payments).appendSQL([
                try OutboxEvent(NewEvent(event.type, subject: order, version: told, body: event), at: now)
            ])
    }

    // MARK: Attempts that only Stripe knows

    /// Which of these sessions are those of attempts.
    public func known(sessions: [String]) async throws -> Set<String> {
        Set(
            try await pool.query("SELECT session_id FROM payments.attempts WHERE session_id = ANY(\(sessions))")
                .decode(String.self))
    }

    /// What is known of an order and one of its attempts.
    public struct Standing: Sendable, Hashable {
        public var isOrderKnown: Bool
        /// Its number's state; nil where there is no such attempt.
        public var state: PaymentAttempt.State?
        /// Whether a call is under way that makes a page.
        public var isOpening: Bool
        /// Whether another attempt could still take money.
        public var hasOtherAlive: Bool
    }

    public func standing(of order: OrderID, attempt: Int) async throws -> Standing {
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
        return Standing(
            isOrderKnown: try row.decode("known", as: Bool.self),
            state: try row.decode("state", as: String?.self).flatMap(PaymentAttempt.State.init),
            isOpening: try row.decode("opening", as: Bool.self),
            hasOtherAlive: try row.decode("other", as: Bool.self))
    }

    /// A session that no attempt has.
    public struct Stray: Sendable {
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

    /// Makes the session that of an attempt, to be looked at now: what becomes of it is decided as of any other. An order
    /// that nobody knows is taken in as cancelled, so that nothing of it is kept.
    /// - Returns: false where the attempt is there, or another could still take money.
    public func adopt(_ stray: Stray) async throws -> Bool {
        try await pool.withTransaction { (transaction) -> Bool in
            _ = try await transaction.query(
                """
                INSERT INTO payments.orders
                    (id, user_id, title, quantity, price, total, currency, status, expires_at, version)
                VALUES (\(stray.order), \(stray.order), 'an order that was forgotten', 1, \(stray.amount),
                    \(stray.amount), \(stray.currency.rawValue), 'cancelled', now(), 0)
                ON CONFLICT (id) DO NOTHING
                """)
            _ = try await transaction.query("SELECT FROM payments.orders WHERE id = \(stray.order) FOR UPDATE")
            let rows = try await transaction.query(
                """
                INSERT INTO payments.attempts (order_id, number, state, amount, currency, session_id, intent_id,
                    session_expires_at, look_at, created_at, updated_at)
                SELECT \(stray.order), \(Int32(clamping: stray.attempt)), 'open', \(stray.amount),
                    \(stray.currency.rawValue), \(stray.session), \(stray.intent), \(stray.expiresAt), now(), now(), now()
                WHERE NOT EXISTS (
                    SELECT FROM payments.attempts WHERE order_id = \(stray.order)
                        AND (number = \(Int32(clamping: stray.attempt)) OR state NOT IN ('dead', 'refunded')))
                RETURNING number
                """)
            return !rows.isEmpty
        }
    }

    /// Confirmed orders that have no attempt of the number that claimed them: nothing will be captured.
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
