import CurlClient
import Foundation
import Support
import Testing

/// Whole systems, one at a time: each takes the machine for itself.
@Suite(.serialized)
enum Journeys {}

extension Journeys {
    @Suite(.serialized)
    struct JourneyTests {
        private static let settings = ["HOLD_SECONDS": "8"]

        /// With JOURNEY_URLS, a system that runs already: the origins of its API processes, separated by blanks.
        private static let given = (ProcessInfo.processInfo.environment["JOURNEY_URLS"] ?? "")
            .split(separator: " ").map { $0.hasSuffix("/") ? String($0.dropLast()) : String($0) }

        @Test("A fan sells a ticket and another buys it")
        func journey() async throws {
            guard Self.given.isEmpty else {
                let http = CurlClient(userAgent: "journey")
                _ = try await Journey { Browserless(Self.given, http: http) }.run()
                return await http.shutdown()
            }
            try await System.run(.small, settings: Self.settings) { system in
                let monitor = try await RedisMonitor.start(on: system.redis)
                let secrets = try await Journey { system.browser() }.run()
                let lines = try await monitor.lines()
                try Watch(system: system, secrets: secrets).sees(lines)
            }
        }

        @Test("The same with two copies of every pool and two API processes", .enabled(if: given.isEmpty))
        func doubled() async throws {
            try await System.run(.doubled, settings: Self.settings) { system in
                _ = try await Journey { system.browser() }.run()
                try await Books(system).balance()
                try await drains(system)
            }
        }

        /// No handler reads another service's schema, and the API reads each where it is.
        @Test("The same with a database for each service", .enabled(if: given.isEmpty))
        func databases() async throws {
            var settings = Self.settings
            for service in ["USERS", "TICKETS", "ORDERS", "PAYMENTS"] {
                settings["\(service)_DATABASE_URL"] = try await TestServers.freshDatabase(migrated: false)
            }
            // Not this one.
            settings["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/nowhere"
            try await System.run(.small, settings: settings) { system in
                _ = try await Journey { system.browser() }.run()
            }
        }

        /// SIGTERM: each process finishes what it has and ends well, within 20 s.
        private func drains(_ system: System) async throws {
            let members = ProcessType.allCases.flatMap { system.members($0) }
            #expect(members.count == Formation.doubled.values.reduce(0, +))
            for member in members { member.process.send(.terminate) }
            for member in members {
                #expect(
                    try await member.process.waitForExit(within: .seconds(20)) == .exit(0), "\(member.process.name)")
            }
        }
    }
}
