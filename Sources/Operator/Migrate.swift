import ArgumentParser
import Bootstrap
import Marketplace
import PostgresClient
import Services
import Storage

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Migrates every service's schema to this build's version.",
        discussion:
            """
            It is safe to run at any time, even several times at once. The next run continues an interrupted \
            migration. A database that a newer build has migrated is accepted, unless a migration breaks older builds.
            """)

    @Flag(help: "Only show the migrations, their kinds, and which are applied.")
    var status = false

    func run() async throws {
        let settings = try Settings.migrating(schemas: ServiceRegistry.topology.withSchema)
        let logger = Launch.logging(settings.process, label: "gittix")
        let databases = try await DatabasePools(
            settings.databases, for: .operating, name: "gittix-migrate", logger: logger)
        for services in settings.databases.servicesByURL.values {
            guard let pool = databases.pool(of: services[0]) else { continue }
            try await pool.withConnection { connection in
                let migrator = Migrator(connection: connection, logger: logger)
                if status { try await show(migrator, services) } else { try await migrate(migrator, services) }
            }
        }
        await databases.close()
    }

    private func show(_ migrator: Migrator, _ services: [ServiceName]) async throws {
        for migration in try await migrator.status(services: services) {
            let kind = migration.kind.map { "\($0)" } ?? "of a newer build"
            print(
                migration.name, kind + (migration.breaksOlderBuilds ? ", breaks older builds," : ","),
                migration.appliedAt.map { "applied \($0)" } ?? "not applied")
        }
    }

    private func migrate(_ migrator: Migrator, _ services: [ServiceName]) async throws {
        let report = try await migrator.migrate(services: services)
        let names = services.map(\.rawValue).joined(separator: ", ")
        print(
            report.applied.isEmpty
                ? "\(names): up to date" : "\(names): applied \(report.applied.joined(separator: ", "))")
        for notice in report.notices { print("note: \(notice)") }
    }
}
