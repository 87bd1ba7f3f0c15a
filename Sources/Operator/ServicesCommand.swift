import ArgumentParser
import Bootstrap
import FoundationEssentials
import Marketplace
import Services

struct ServicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "services", abstract: "Lists the services, and the services whose events each follows.",
        discussion: "It reads no settings and connects to nothing.")

    @Flag(help: "Print JSON, an array with an object for each service.")
    var json = false

    func run() async throws {
        let services = ServiceRegistry.all.map(Service.init)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(services), as: UTF8.self))
        } else {
            var table = Table(columns: [("SERVICE", .left), ("SCHEMA", .left), ("FOLLOWS", .left), ("SETTINGS", .left)])
            for service in services {
                table.rows.append([
                    service.name, service.schema ? "yes" : "no", service.follows.joined(separator: " "),
                    service.settings.joined(separator: " "),
                ])
            }
            print(table.text)
        }
    }

    private struct Service: Encodable {
        var name: String
        /// The name, in a Procfile, of the process type that runs the service's workers.
        var process: String
        var follows: [String]
        /// True if it has a database schema.
        var schema: Bool
        var settings: [String]

        init(_ definition: any ServiceDefinition) {
            name = definition.name.rawValue
            process = name
            follows = definition.follows.map(\.rawValue)
            schema = definition.migrations != nil
            settings = definition.settings.map(\.name)
        }
    }
}
