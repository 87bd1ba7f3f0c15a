import Engine
import Logging
import Marketplace
import PostgresClient
import ServiceLifecycle
import Storage

/// Expires orders whose hold has ended without an expiry event. The deadlines in Redis make expiry prompt, and this
/// sweep makes it certain.
struct OverdueSweep: ServiceLifecycle.Service {
    let processor: BatchProcessor<OrdersHandler>
    let store: OrdersStore
    let pool: PostgresPool
    let logger: Logger
    var interval: Duration = .seconds(10)
    /// The time after the end of a hold before the sweep expires the order.
    var grace: Duration = .seconds(3)
    /// Maximum number of orders in one transaction, each with up to ``OrderState/quantityLimit`` units.
    var limit = 100

    func run() async throws {
        await PeriodicTask(every: interval, jitter: 0.2, name: "Sweep of overdue orders", logger: logger).run { _ in
            while try await sweep(at: processor.clock()) == limit {}
        }
    }

    /// Expires one batch of overdue orders.
    ///
    /// - Returns: The number of orders found.
    func sweep(at now: Timestamp) async throws -> Int {
        let rows = try await pool.query(store.overdue(before: now - grace, limit: limit))
        let messages = try rows.map { row -> Message<OrdersCommand, OrdersEvent> in
            let expiry = OrderExpiry(
                orderId: try row.decode("id", as: OrderID.self),
                expiresAt: try row.decode("expires_at", as: Timestamp.self))
            return .event(EventHead(id: .new(at: now), version: 0, at: now), .expired(expiry))
        }
        try await processor.perform(messages)
        if !messages.isEmpty { logger.info("Expired overdue orders", metadata: ["orders": "\(messages.count)"]) }
        return messages.count
    }
}
