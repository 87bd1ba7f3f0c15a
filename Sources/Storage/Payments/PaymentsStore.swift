import FoundationEssentials
public import Marketplace
public import PostgresClient

/// The schema `payments`: loads what a batch, or the outcome of one call, is about, locked, and writes what was decided.
public struct PaymentsStore: Sendable {
    let times: PaymentTimes

    public init(times: PaymentTimes) { self.times = times }

    /// - Parameter leasing: whether who decides also takes what is then due at once.
    public func load(
        _ messages: [Message<PaymentsCommand, PaymentsEvent>], leasing: Bool = false,
        in transaction: PostgresTransaction
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
        let known = try await load(named.orders, leasing: leasing, in: transaction).map(\.file)
        // The copy of an order begins with whichever of its events comes first.
        let missing = Set(named.states.keys).subtracting(known.map(\.order.id)).compactMap { named.states[$0] }
        let new = missing.map {
            PaymentFile(order: PayableOrder($0), isNew: true, times: times, lease: leasing ? UUID() : nil)
        }
        return PaymentsDesk(files: known + new, owners: owners, times: times)
    }

    /// The orders, for the outcomes of what was leased.
    public func load(
        _ orders: Set<OrderID>, leasing: Bool = false, in transaction: PostgresTransaction
    ) async throws -> [LockedPayment] {
        let ids = orders.sorted()
        guard !ids.isEmpty else { return [] }
        let rows = try await transaction.pipeline(
            [
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
        func grouped(_ index: Int) throws -> [OrderID: [PostgresRow]] {
            try Dictionary(grouping: rows[index]) { try $0.decode("order_id", as: OrderID.self) }
        }
        let (attempts, calls, waiters) = (try grouped(1), try grouped(2), try grouped(3))
        return try rows[0].map { row in
            let order = try PayableOrder(row: row)
            return try LockedPayment(
                order: order, attempts: attempts[order.id] ?? [], calls: calls[order.id] ?? [],
                waiters: waiters[order.id] ?? [], times: times, lease: leasing ? UUID() : nil)
        }
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
                // Ours says itself what it is about. A hint that is wrong makes for a look in vain.
                if let order = command.orderId, command.attempt != nil {
                    orders.insert(order)
                } else {
                    objects.insert(command.objectId)
                    if let order = command.orderId { orders.insert(order) }
                }
            case .event(_, .order(let state)):
                orders.insert(state.id)
                if (states[state.id]?.version ?? 0) < state.version { states[state.id] = state }
            }
        }
    }
}
