import Bootstrap
import Marketplace

/// `Workers POOL…`: the pools of the services that are named, or of all.
@main
enum Workers {
    static func main() async {
        await Launch.main("Workers") {
            let pools = try Pools(arguments: CommandLine.arguments.dropFirst())
            let settings = try Settings.workers(pools.services)
            let logger = Launch.logging(settings.process, label: "workers")
            try await Composition(pools: pools.services, settings: settings, logger: logger).run()
        }
    }
}

/// The pools that a process was started for.
struct Pools {
    var services: Set<Marketplace.Service>

    init(arguments: some Collection<String>) throws {
        let names = Marketplace.Service.allCases.map(\.rawValue).joined(separator: ", ")
        guard !arguments.isEmpty else { throw Misuse(advice: "name the pools to run: \(names), or all") }
        services = []
        for argument in arguments {
            if argument == "all" {
                services = Set(Marketplace.Service.allCases)
            } else if let service = Marketplace.Service(rawValue: argument) {
                services.insert(service)
            } else {
                throw Misuse(advice: "there is no pool “\(argument.prefix(40))”; there are \(names), and all")
            }
        }
    }

    struct Misuse: Error, CustomStringConvertible {
        var advice: String
        var description: String { advice }
    }
}
