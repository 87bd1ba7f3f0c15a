import ArgumentParser
import Bootstrap
import Marketplace
import Storage

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Brings every service's schema to this build's version.",
        discussion: "Safe to run at any time, and by several at once: each migration runs once, in a transaction.")

    @Flag(help: "Only tell what is applied and what is not.")
    var status = false

    func run() async throws {
        try await Operation.run { 
            let settings = try Settings.migrating()
            let logger = Launch.logging(settings.process, label: "gittix")
            for (url, services) in settings.databases.servicesByURL.sorted(by: { $0.value[0].rawValue < $1.value[0].rawValue }) {
                let pool = try Wiring.migrationPool(url: url, logger: logger)
                defer { _ = pool }
                let migrator = Migrator(pool: pool, logger: logger)
                if status {
                    for migration in try await migrator.status(services: services) { print(migration) }
                } else {
                    let applied = try await migrator.migrate(services: services)
                    let names = services.map(\.rawValue).joined(separator: ", ")
                    print(applied.isEmpty ? "\(names): up to date" : "\(names): applied \(applied.joined(separator: ", "))")
                }
                await pool.close()
            }
        }
    }
}
