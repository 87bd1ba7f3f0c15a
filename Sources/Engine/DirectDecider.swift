import Logging
package import Marketplace
package import PostgresClient
import Storage
import Streams

/// Runs events that no stream delivered through a service's handler: loaded, locked, decided and stored as its workers
/// do it, in one transaction, with the events that follow.
///
/// No inbox row is written, so the events must be harmless to repeat.
package struct DirectDecider: Sendable {
    private let pool: PostgresPool
    private let now: Timestamp

    /// - Parameters:
    ///   - pool: The database that holds the handler's schema.
    ///   - now: The time by that database's clock.
    package init(pool: PostgresPool, now: Timestamp) {
        self.pool = pool
        self.now = now
    }

    /// - Throws: ``UndecidedMessage`` if a decision is deferred; then nothing is stored.
    package func decide<Handler: ServiceHandler>(_ event: Handler.Event, by handler: Handler) async throws {
        let processor = BatchProcessor(
            handler: handler, pool: pool, storage: ServiceStorage(service: handler.service), relay: Wakeup(),
            logger: Logger(label: "gittix") { _ in SwiftLogNoOpLogHandler() }, clock: { [now] in now })
        try await processor.perform(
            [.event(EventHead(id: .new(at: now), version: 0, at: now), event)], requiresDecision: true)
    }

    /// Runs a statement in the service's database.
    package func run(_ statement: SQL) async throws { _ = try await pool.query(statement) }
}

/// A message that can't be decided yet, because a copy that it needs is behind.
package struct UndecidedMessage: Error, CustomStringConvertible {
    package var reason: String
    package var description: String { "it can't be decided yet: \(reason)" }
}
