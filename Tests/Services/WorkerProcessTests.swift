import Bootstrap
import Marketplace
import Support
import Testing

@testable import Services

/// The parts that a service runs in a worker process.
@Suite struct WorkerProcessTests {
    @Test func everyTimerHasASweep() async throws {
        let reader = SettingsReader([
            "ENVIRONMENT": "development", "DATABASE_URL": try await TestServers.freshDatabase(),
            "REDIS_URL": try TestServers.redisURL, "SIGNING_SECRET": "of the tests of worker processes",
        ])
        for service in ServiceRegistry.all where !service.timers.isEmpty {
            let process = try await WorkerProcess(
                [service.name], settings: try Settings.workers(reader, schemas: [service.name], services: 1),
                logger: ExpirationHarness.logger)
            let sweeps = try service.workers(reader)(process).all.filter {
                "\(type(of: $0))".hasPrefix("TimerSweep<")
            }
            #expect(sweeps.count == service.timers.count)
            await process.close()
        }
    }
}
