import Bootstrap
import Logging
import Marketplace
import Services

/// `Workers SERVICE…` runs the named services. `Workers all` runs all services.
@main
enum Workers {
    static func main() async {
        await Launch.main("Workers") {
            let services = try ServiceArguments(CommandLine.arguments.dropFirst()).services
            let names = services.map(\.name)
            let reader = SettingsReader()
            let settings = try Settings.workers(
                reader, schemas: ServiceRegistry.topology.withSchema.filter(names.contains), services: names.count)
            let builders = try services.map { try $0.workers(reader) }
            let logger = Launch.logging(settings.process, label: "workers")

            let process = try await WorkerProcess(names, settings: settings, logger: logger)
            try await process.checkStores()
            let running = try builders.reduce(WorkerServices()) { try $0 + $1(process) }
            let list = names.map(\.rawValue).joined(separator: " ")
            try await Launch.run(
                running.all, logger: logger, started: ("Workers started", ["services": "\(list)"]))
            await process.close()
        }
    }
}

/// The services in the process's arguments.
struct ServiceArguments {
    let services: [any ServiceDefinition]

    init(_ arguments: some Collection<String>) throws {
        let known = ServiceRegistry.topology.names.map(\.rawValue).joined(separator: ", ")
        guard !arguments.isEmpty else { throw UsageError(advice: "name the services to run: \(known), or all") }
        for argument in arguments where argument != "all" && ServiceRegistry.topology.named(argument) == nil {
            throw UsageError(advice: "there is no service “\(argument.prefix(40))”: name some of \(known), or all")
        }
        services = ServiceRegistry.all.filter { arguments.contains("all") || arguments.contains($0.name.rawValue) }
    }

    struct UsageError: Error, CustomStringConvertible {
        var advice: String
        var description: String { advice }
    }
}
