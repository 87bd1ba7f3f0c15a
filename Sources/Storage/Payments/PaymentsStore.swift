import FoundationEssentials
public import Marketplace
public import PostgresClient

/// The schema `payments`: loads what a batch, or the outcome of one call, is about, locked, and writes what was decided.
public struct PaymentsStore: Sendable {
    let times: PaymentTimes

    public init(times: PaymentTimes) { self.times = times }

    public func load(
        _ messages: [Message<PaymentsCommand, PaymentsEvent>], in transaction: PostgresTransaction
    ) async throws -> PaymentsDesk {
        var named = Named(messages)
        var owners: [String: (order: OrderID, attempt: Int)] = [:]
        if !named.objects.isEmpty {
            // Both never change once they are there, so they can be read before anything is locked.
            let rows = try await transaction.query(
                """
                SELECT order_id, number, session_id, intent_id FROM payments.attempts
                WHERE session_id = ANY(\(named.objects.sorted())) OR intent_id = ANY(\(named.objects.sorted()))
                """)
            for row in rows {
                let owner = (try row.decode("order_id", as: OrderID.self), try row.decode("number", as: Int.self))
                named.orders.insert(owner.0)
                if let id = try row.decode("session_id", as: String?.self) { owners[id] = owner }
                if let id = try row.decode("intent_id", as: String?.self) { owners[id] = owner }
            }
        }
        let insert = insertIfNew(named.states.values.sorted { $0.id < $1.id })
        let files = try await load(named.orders, after: insert, in: transaction)
        return PaymentsDesk(files: files.map(\.file), owners: owners, times: times)
    }

    /// One order, for the outcome of what was leased.
    public func load(_ order: OrderID, in transaction: PostgresTransaction) async throws -> LockedPayment? {
        try await load([order], after: [], in: transaction).first
    }

    private func load(
        _ orders: Set<OrderID>, after first: [SQL], in transaction: PostgresTransaction
    ) async throws -> [LockedPayment] {
        let ids = orders.sorted()
        let all = try await transaction.pipeline(
            first + [
                "SELECT \(PayableOrder.columns) FROM payments.orders WHERE id = ANY(\(ids)) ORDER BY id FOR UPDATE",
                """
                SELECT \(PaymentAttempt.columns) FROM payments.attempts WHERE order_id = ANY(\(ids))
                ORDER BY order_id, number FOR UPDATE
                """,
                """
                SELECT \(PaymentCall.columns) FROM payments.calls WHERE order_id = ANY(\(ids))
                ORDER BY order_id, attempt, operation, try FOR UPDATE
                """,
                """
                SELECT order_id, command_id, reply FROM payments.waiting WHERE order_id = ANY(\(ids))
                ORDER BY created_at, command_id
                """,
            ])
        let rows = all.dropFirst(first.count)
        func grouped(_ index: Int) throws -> [OrderID: [PostgresRow]] {
            try Dictionary(grouping: rows[first.count + index]) { try $0.decode("order_id", as: OrderID.self) }
        }
        let (attempts, calls, waiters) = (try grouped(1), try grouped(2), try grouped(3))
        return try rows[first.count].map { row in
            let order = try PayableOrder(row: row)
            return try LockedPayment(
                order: order, attempts: attempts[order.id] ?? [], calls: calls[order.id] ?? [],
                waiters: waiters[order.id] ?? [], times: times)
        }
    }

    /// The copy of an order begins with whichever of its events comes first. What is there already is brought up to
    /// date by the decision, under its lock.
    private func insertIfNew(_ orders: [OrderState]) -> [SQL] {
        guard !orders.isEmpty else { return [] }
        return [
            """
            INSERT INTO payments.orders
                (id, user_id, title, quantity, price, total, currency, status, claimed, expires_at, version)
            SELECT * FROM unnest(
                \(orders.map(\.id)), \(orders.map(\.userId)), \(orders.map(\.ticketTitle)),
                \(orders.map { Int32(clamping: $0.quantity) }), \(orders.map(\.price)), \(orders.map(\.total)),
                \(orders.map(\.currency.rawValue)), \(orders.map(\.status.rawValue)),
                \(orders.map { $0.attempt.map { Int32(clamping: $0) } }), \(orders.map(\.expiresAt)), \(orders.map(\.version)))
            ON CONFLICT (id) DO NOTHING
            """
        ]
    }
}

/// What the messages of a batch name.
private struct Named {
    var orders: Set<OrderID> = []
    /// The newest state of each order that is told.
    var states: [OrderID: OrderState] = [:]
    /// Ids of Stripe's.
    var objects: Set<String> = []

    init(_ messages: [Message<PaymentsCommand, PaymentsEvent>]) {
        for message in messages {
            switch message {
            case .command(_, .startPayment(let command)): orders.insert(command.orderId)
            case .command(_, .checkPayment(let command)): orders.insert(command.orderId)
            case .command(_, .receiveStripeEvent(let command)):
                objects.insert(command.objectId)
                if let order = command.orderId { orders.insert(order) }
            case .event(_, .order(let state)):
                orders.insert(state.id)
                if (states[state.id]?.version ?? 0) < state.version { states[state.id] = state }
            }
        }
    }
}
