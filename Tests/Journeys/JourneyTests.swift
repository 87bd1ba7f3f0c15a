import CurlClient
import Foundation
import Marketplace
import Services
import Support
import Testing

/// Tests of whole systems, one at a time, because each uses the whole machine.
@Suite(.serialized)
enum Journeys {}

extension Journeys {
    @Suite(.serialized)
    struct JourneyTests {
        private static let settings = ["HOLD_SECONDS": "8"]

        /// The origins of a running system's API processes, from JOURNEY_URLS, separated by spaces. If there are none,
        /// the test starts a system.
        private static let origins = (ProcessInfo.processInfo.environment["JOURNEY_URLS"] ?? "")
            .split(separator: " ").map { $0.hasSuffix("/") ? String($0.dropLast()) : String($0) }

        @Test("A user sells tickets and others buy them")
        func journeySucceeds() async throws {
            guard Self.origins.isEmpty else {
                let http = CurlClient(userAgent: "journey")
                _ = try await Journey { TestBrowser(Self.origins, http: http) }.run()
                return await http.shutdown()
            }
            try await SystemHarness.run(.small, settings: Self.settings) { system in
                let monitor = try await RedisMonitor.start(on: system.redis)
                let secrets = try await Journey { system.browser() }.run()
                let lines = try await monitor.lines()
                try TrafficCheck(system: system, secrets: secrets).verify(lines)
            }
        }

        @Test("The journey succeeds with two processes for the API and each service", .enabled(if: origins.isEmpty))
        func journeySucceedsWithTwoProcessesEach() async throws {
            try await SystemHarness.run(.doubled, settings: Self.settings) { system in
                _ = try await Journey { system.browser() }.run()
                try await ConsistencyCheck(system).waitUntilConsistent()
                try await checkShutdown(system)
            }
        }

        @Test("The journey succeeds behind a pooler", .enabled(if: origins.isEmpty), arguments: PgBouncer.Mode.allCases)
        func journeySucceedsBehindAPooler(_ mode: PgBouncer.Mode) async throws {
            let direct = try await TestServers.freshDatabase(migrated: false)
            let bouncer = try await PgBouncer.start(mode, poolSize: mode == .session ? 20 : 4)
            let settings = Self.settings.merging([
                "DATABASE_URL": try bouncer.url(of: direct), "MIGRATION_DATABASE_URL": direct,
            ]) { _, pooled in pooled }
            try await SystemHarness.run(.small, settings: settings) { system in
                _ = try await Journey { system.browser() }.run()
                try await ConsistencyCheck(system).waitUntilConsistent()
            }
        }

        /// No handler may read another service's schema, and the API must read each schema from its own database.
        @Test("The journey succeeds with a database for each service", .enabled(if: origins.isEmpty))
        func journeySucceedsWithADatabasePerService() async throws {
            var settings = Self.settings
            for service in ServiceRegistry.topology.withSchema {
                settings["\(service.rawValue.uppercased())_DATABASE_URL"] = try await TestServers.freshDatabase(
                    migrated: false)
            }
            // No process may use the common database.
            settings["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/nowhere"
            try await SystemHarness.run(.small, settings: settings) { system in
                _ = try await Journey { system.browser() }.run()
            }
        }

        /// Checks that each process exits normally within 20 s of SIGTERM.
        private func checkShutdown(_ system: SystemHarness) async throws {
            let processes = ProcessType.allCases.flatMap { system.processes($0) }
            #expect(processes.count == Formation.doubled.values.reduce(0, +))
            for running in processes { running.process.send(.terminate) }
            for running in processes {
                #expect(
                    try await running.process.waitForExit(within: .seconds(20)) == .exit(0), "\(running.process.name)")
            }
        }
    }
}
