import Bootstrap

await Launch.main("API") {
    let settings = try Settings.api()
    let logger = Launch.logging(settings.process, label: "API")
    try await Launch.run(App.build(settings, logger: logger).services, logger: logger)
}
