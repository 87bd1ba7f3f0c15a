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
    /// Orders that could not be expired, with growing delays from 1 to 60 minutes. Most often a newer build can read
    /// them.
    private let failures = FailureMemory<OrderID> { .seconds(min(60 << min($0 - 1, 6), 3600)) }

    func run() async throws {
        await PeriodicTask(every: interval, jitter: 0.2, name: "Sweep of overdue orders", logger: logger).run { _ in
            while try await sweep(at: processor.clock()) > 0 {}
        }
    }

    /// Expires one batch of overdue orders. One that fails harms no other, and is left out for a while.
    ///
    /// - Returns: The number of orders expired.
    func sweep(at now: Timestamp) async throws -> Int {
        let rows = try await pool.query(
            store.overdue(before: now - grace, except: failures.heldBack(at: now), limit: limit))
        let expiries = try rows.map { row in
            OrderExpiry(
                orderId: try row.decode("id", as: OrderID.self),
                expiresAt: try row.decode("expires_at", as: Timestamp.self))
        }
        let failed = try await processor.performEach(
            expiries.map { .event(EventHead(id: .new(at: now), version: 0, at: now), .expired($0)) })
        for index in failed {
            let order = expiries[index].orderId
            failures.fail(order, at: now)
            logger.error("Could not expire an overdue order; trying again later", metadata: ["order": "\(order)"])
        }
        let count = expiries.count - failed.count
        if count > 0 { logger.info("Expired overdue orders", metadata: ["orders": .stringConvertible(count)]) }
        return count
    }
}
