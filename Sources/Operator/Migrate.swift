import ArgumentParser
import Bootstrap
import Marketplace
import PostgresClient
import Storage

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Brings every service's schema to this build's version.",
        discussion: "Safe at any time, and by several at once: each migration runs once, in a transaction.")

    @Flag(help: "Only tell what is applied and what is not.")
    var status = false

    func run() async throws {
        let settings = try Settings.migrating()
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

    private func show(_ migrator: Migrator, _ services: [Service]) async throws {
        for migration in try await migrator.status(services: services) {
            print(migration.name, migration.appliedAt.map { "applied \($0)" } ?? "not applied")
        }
    }

    private func migrate(_ migrator: Migrator, _ services: [Service]) async throws {
        let report = try await migrator.migrate(services: services)
        let names = services.map(\.rawValue).joined(separator: ", ")
        print(
            report.applied.isEmpty
                ? "\(names): up to date" : "\(names): applied \(report.applied.joined(separator: ", "))")
        for notice in report.notices { print("note: \(notice)") }
    }
}
