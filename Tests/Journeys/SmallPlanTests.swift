import Support
import Testing

extension Journeys {
    /// The smallest plans of hosting providers allow 20 connections to PostgreSQL and 20 clients of Redis.
    struct SmallPlanTests {
        private static let limit = 20

        /// The greatest number of connections at a time, without the observer's own.
        private struct Peak {
            var database = 0
            var redis = 0
        }

        @Test("A deploy of two API processes and one of workers, and a command, fit into a small plan")
        func deployFitsIntoSmallPlan() async throws {
            let settings = ["DATABASE_POOL_SIZE": "2", "REDIS_CONNECTIONS": "one", "HOLD_SECONDS": "8"]
            // During a deploy, each process runs twice.
            try await SystemHarness.run([.api: 4, .all: 2], settings: settings) { system in
                let observer = Task { try await Self.observe(system) }
                _ = try await Journey { system.browser() }.run()
                try await ConsistencyCheck(system).waitUntilConsistent()
                let doctor = try await ProductProcess.start(
                    "gittix", ["doctor", "--confirm-after", "1"], environment: system.settings, ready: nil)
                #expect(try await doctor.waitForExit() == .exit(0), "\(doctor.output)")
                observer.cancel()
                let peak = try await observer.value
                print("Connections of a deploy: PostgreSQL \(peak.database), Redis \(peak.redis)")
                #expect(peak.database <= Self.limit && peak.redis <= Self.limit)
                // Each of the six processes has at least one connection.
                #expect(peak.database >= 6 && peak.redis >= 6)
            }
        }

        private static func observe(_ system: SystemHarness) async throws -> Peak {
            var peak = Peak()
            while !Task.isCancelled {
                let database = try await system.database.count(
                    """
                    SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> 'psql'
                    """)
                let clients = try await system.redis.command("CLIENT", "LIST").split(separator: "\n")
                peak.database = max(peak.database, database)
                peak.redis = max(peak.redis, clients.count { !$0.contains("cmd=client") })
            }
            return peak
        }
    }
}
