import Foundation
import Marketplace
import Services
import Testing

/// The files for hosting platforms name every service. `bin/process-types` writes these files.
@Suite struct ProcessTypesTests {
    private let names = ServiceRegistry.all.map(\.name.rawValue)

    @Test func theProcfileRunsEveryService() throws {
        let lines = try Repository.read("Procfile").split(separator: "\n").map(String.init)
        let types = ["release: gittix migrate", "web: API", "worker: Workers all"]
        #expect(lines == types + names.map { "\($0): Workers \($0)" })
    }

    @Test func theManifestStartsEveryService() throws {
        struct Manifest: Decodable {
            struct Process: Decodable { var quantity: Int }
            var formation: [String: Process]
        }
        let manifest = try JSONDecoder().decode(Manifest.self, from: Data(try Repository.read("app.json").utf8))
        #expect(Set(manifest.formation.keys) == Set(["web"] + names))
        #expect(manifest.formation.values.allSatisfy { $0.quantity == 1 })
    }
}
