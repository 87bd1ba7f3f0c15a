package import Bootstrap
package import Logging
package import Marketplace
package import PostgresClient
package import Storage

/// The list of services.
package enum ServiceRegistry {
    /// Every service. Lists, reports and migrations keep this order.
    package static let all: [any ServiceDefinition] = [
        UsersService(), ListingsService(), OrdersService(), PaymentsService(), ExpirationService(),
        CatalogueService(),
    ]

    /// The services, and for each service the services whose events it follows.
    package static let topology = ServiceTopology(
        all.map { .init(name: $0.name, follows: $0.follows, hasSchema: $0.migrations != nil) })

    /// The migrations of all schemas, in the order in which they are applied.
    package static let migrations: [Migration] = all.flatMap { service in
        service.migrations.map { Migration.common(for: service.name) + $0 } ?? []
    }

    /// Every environment variable that some process reads, in the order of the documentation.
    package static let settings: [Variable] = Variable.all + all.flatMap(\.settings)

    /// The copies that services keep of each other's facts.
    package static let copies: [any CopyDeclaration] = all.flatMap(\.copies)

    /// The timers of all services.
    package static let timers: [ServiceTimer] = all.flatMap(\.timers)

    /// The types of the commands that a service's timers send to it.
    package static func timerCommands(of service: ServiceName) -> Set<String> {
        Set(timers.filter { $0.name.service == service }.map(\.command))
    }

    /// The copies that the engine keeps for a service.
    static func copies(of service: ServiceName) -> [any KeptCopy] {
        all.first { $0.name == service }?.copies.compactMap { $0 as? any KeptCopy } ?? []
    }
}

extension Migrator {
    /// A migrator for the schemas of all services.
    package init(connection: PostgresConnection, logger: Logger = Logger(label: "migrations")) {
        self.init(connection: connection, migrations: ServiceRegistry.migrations, logger: logger)
    }
}
