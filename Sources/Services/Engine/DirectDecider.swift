import Logging
package import Marketplace
package import PostgresClient
import Storage
import Streams

/// Decides messages that did not come from a stream. The service's handler runs the same steps as in the workers, and
/// the changes and events are committed in one transaction.
///
/// No inbox row is written, so the messages must be harmless to repeat.
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
        try await decide(.event(EventHead(id: .new(at: now), version: 0, at: now), event), by: handler)
    }

    /// - Throws: ``UndecidedMessage`` if a decision is deferred; then nothing is stored.
    func decide<Handler: ServiceHandler>(_ command: Handler.Command, by handler: Handler) async throws {
        try await decide(.command(CommandHead(id: .new(at: now), actor: .nobody, at: now), command), by: handler)
    }

    private func decide<Handler: ServiceHandler>(
        _ message: Message<Handler.Command, Handler.Event>, by handler: Handler
    ) async throws {
        let processor = BatchProcessor(
            handler: handler, pool: pool, storage: ServiceStorage(service: handler.service), senders: .none,
            relay: Wakeup(), logger: Logger(label: "gittix") { _ in SwiftLogNoOpLogHandler() }, clock: { [now] in now })
        try await processor.perform([message], requiresDecision: true)
    }

    /// Runs a statement in the service's database.
    package func run(_ statement: SQL) async throws { _ = try await pool.query(statement) }
}

/// A message that can't be decided yet, because a copy that it needs is behind.
package struct UndecidedMessage: Error, CustomStringConvertible {
    package var reason: String
    package var description: String { "it can't be decided yet: \(reason)" }
}
