import Bootstrap
import Marketplace
import Services

await Launch.main("API") {
    let settings = try Settings.api(schemas: ServiceRegistry.topology.withSchema)
    let logger = Launch.logging(settings.process, label: "API")
    try await Launch.run(App.build(settings, logger: logger).services, logger: logger)
}
