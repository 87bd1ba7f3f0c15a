import ArgumentParser
import Bootstrap
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
        let databases = try PostgresPools(settings.databases, for: .operate, logger: logger)
        for (pool, services) in databases.all {
            let migrator = Migrator(pool: pool, logger: logger)
            if status {
                for line in try await migrator.status(services: services) { print(line) }
            } else {
                let applied = try await migrator.migrate(services: services)
                let names = services.map(\.rawValue).joined(separator: ", ")
                print(applied.isEmpty ? "\(names): up to date" : "\(names): applied \(applied.joined(separator: ", "))")
            }
        }
        await databases.close()
    }
}
