import Logging
import Marketplace
import PostgresClient
import ServiceLifecycle
import Storage

/// Finds orders whose hold is over and that no expiry has reached: the clock in Redis makes expiry prompt, this makes it
/// certain.
struct OverdueSweep: ServiceLifecycle.Service {
    let processor: BatchProcessor<OrdersHandler>
    let store: OrdersStore
    let pool: PostgresPool
    let logger: Logger
    var interval: Duration = .seconds(10)
    /// How late the clock may be before the sweep does its work.
    var grace: Duration = .seconds(3)
    var limit = 500

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    while try await sweep(at: processor.clock()) == limit {}
                } catch {
                    if Task.isCancelled { break }
                    logger.notice("Overdue orders were not looked for.", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: interval * Double.random(in: 0.8...1.2))
            }
        }
    }

    /// - Returns: how many were found.
    func sweep(at now: Timestamp) async throws -> Int {
        let rows = try await pool.query(store.overdue(before: now - grace, limit: limit))
        let messages = try rows.map { row -> Message<OrdersCommand, OrdersEvent> in
            let expiry = OrderExpiry(
                orderId: try row.decode("id", as: OrderID.self),
                expiresAt: try row.decode("expires_at", as: Timestamp.self))
            return .event(EventHead(id: .new(at: now), version: 0, at: now), .expired(expiry))
        }
        try await processor.perform(messages)
        if !messages.isEmpty { logger.info("Overdue orders expired.", metadata: ["orders": "\(messages.count)"]) }
        return messages.count
    }
}
