package import Bootstrap
package import Marketplace
package import PostgresClient
package import Storage

/// The declaration of one service.
///
/// A new service is a folder with one type that conforms to this, and one line in ``ServiceRegistry/all``. The workers,
/// API, operator command, settings, process types and test harnesses all read that list.
package protocol ServiceDefinition: Sendable {
    var name: ServiceName { get }

    /// The services whose events this one reads.
    var follows: [ServiceName] { get }

    /// The migrations of the service's schema, oldest first, or `nil` if it keeps nothing in PostgreSQL. They do not
    /// include the tables that every schema has (``Migration/common(for:)``).
    var migrations: [Migration]? { get }

    /// The settings that only this service's workers read.
    var settings: [Variable] { get }

    /// The copies that this service keeps of other services' facts. The doctor compares and repairs them.
    var copies: [any CopyDeclaration] { get }

    /// The timers of the service's facts. The expiration service follows the events that set them, and the engine runs
    /// their sweeps.
    var timers: [ServiceTimer] { get }

    /// Returns the repair of commands that the service has accepted but not replied to.
    func inboxRepair(on pool: PostgresPool) -> InboxRepair

    /// Reads the service's own settings and returns a closure that builds its workers.
    ///
    /// The settings of all services are read before anything is built, so that an invalid setting stops the process
    /// immediately.
    func workers(_ settings: SettingsReader) throws(SettingsError) -> WorkersBuilder
}

/// Builds the tasks that a service runs in a worker process.
package typealias WorkersBuilder = @Sendable (WorkerProcess) throws -> WorkerServices

extension ServiceDefinition {
    package var follows: [ServiceName] { [] }
    package var migrations: [Migration]? { [] }
    package var settings: [Variable] { [] }
    package var copies: [any CopyDeclaration] { [] }
    package var timers: [ServiceTimer] { [] }

    package func inboxRepair(on pool: PostgresPool) -> InboxRepair { InboxRepair(service: name, pool: pool) }
}
