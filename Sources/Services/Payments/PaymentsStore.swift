import FoundationEssentials
public import Marketplace
public import PostgresClient

/// Loads and locks the rows of the schema `payments` for a batch or for outcomes from Stripe, and writes the decisions.
public struct PaymentsStore: Sendable {
    let times: PaymentTimes

    public init(times: PaymentTimes) { self.times = times }

    /// Loads and locks the payments that the messages refer to.
    ///
    /// - Parameter leasing: True if the decisions lease the work that they make due immediately.
    public func load(
        _ messages: [Message<PaymentsCommand, PaymentsEvent>], leasing: Bool = false,
        in transaction: PostgresTransaction
    ) async throws -> PaymentsDecider {
        var ids = ReferencedIDs(messages)
        var owners: [String: (order: OrderID, attempt: Int)] = [:]
        if !ids.stripeObjects.isEmpty {
            // Once set, the two ids never change, so they can be read before the locks.
            let rows = try await transaction.query(
                """
                SELECT order_id, number, session_id, intent_id FROM payments.attempts
                WHERE session_id = ANY(\(ids.stripeObjects.sorted())) OR intent_id = ANY(\(ids.stripeObjects.sorted()))
                """)
            for row in rows {
                let owner = (try row.decode("order_id", as: OrderID.self), try row.decode("number", as: Int.self))
                ids.orders.insert(owner.0)
                if let id = try row.decode("session_id", as: String?.self) { owners[id] = owner }
                if let id = try row.decode("intent_id", as: String?.self) { owners[id] = owner }
            }
        }
        let known = try await load(ids.orders, leasing: leasing, in: transaction).map(\.payments)
        // The first event of an order creates its copy, whatever the event's type.
        let missing = Set(ids.states.keys).subtracting(known.map(\.order.id)).compactMap { ids.states[$0] }
        let new = missing.map {
            OrderPayments(order: $0, isNew: true, times: times, lease: leasing ? UUID() : nil)
        }
        return PaymentsDecider(payments: known + new, owners: owners, times: times)
    }

    /// Loads and locks the payments of these orders, for outcomes from Stripe.
    public func load(
        _ orders: Set<OrderID>, leasing: Bool = false, in transaction: PostgresTransaction
    ) async throws -> [LockedPayments] {
        let ids = orders.sorted()
        guard !ids.isEmpty else { return [] }
        let rows = try await transaction.pipeline(
            [
                "SELECT \(PayableOrder.columns) FROM payments.orders WHERE id = ANY(\(ids)) ORDER BY id FOR UPDATE",
                """
                SELECT \(PaymentAttempt.columns) FROM payments.attempts WHERE order_id = ANY(\(ids))
                ORDER BY order_id, number FOR UPDATE
                """,
                // Only the last try of each operation, because decisions need no earlier one: at most five rows of each
                // attempt.
                """
                SELECT \(PaymentCall.columns) FROM payments.calls WHERE order_id = ANY(\(ids)) AND NOT EXISTS (
                    SELECT FROM payments.calls AS later
                    WHERE later.order_id = calls.order_id AND later.attempt = calls.attempt
                        AND later.operation = calls.operation AND later.try > calls.try)
                ORDER BY order_id, attempt, operation FOR UPDATE
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
            return try LockedPayments(
                order: order, attempts: attempts[order.id] ?? [], calls: calls[order.id] ?? [],
                waiters: waiters[order.id] ?? [], times: times, lease: leasing ? UUID() : nil)
        }
    }
}

/// The ids that the messages of a batch refer to.
private struct ReferencedIDs {
    var orders: Set<OrderID> = []
    /// The newest state of each order in the events.
    var states: [OrderID: PayableOrder] = [:]
    /// Ids of Stripe's objects.
    var stripeObjects: Set<String> = []

    init(_ messages: [Message<PaymentsCommand, PaymentsEvent>]) {
        for message in messages {
            switch message {
            case .command(_, .startPayment(let command)): orders.insert(command.orderId)
            case .command(_, .checkPayment(let command)): orders.insert(command.orderId)
            case .command(_, .retryPayment(let command)): orders.insert(command.orderId)
            case .command(_, .receiveStripeEvent(let command)):
                // Our own objects name the order and attempt in their metadata. A wrong hint causes one useless poll.
                if let order = command.orderId, command.attempt != nil {
                    orders.insert(order)
                } else {
                    stripeObjects.insert(command.objectId)
                    if let order = command.orderId { orders.insert(order) }
                }
            case .event(_, .order(let state)):
                orders.insert(state.id)
                if (states[state.id]?.version ?? 0) < state.version { states[state.id] = state }
            }
        }
    }
}
