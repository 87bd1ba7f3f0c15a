import Logging
import RedisClient
import Support
import Testing

@testable import Bootstrap

@Suite struct StartChecksTests {
    private func check(_ url: String, _ more: [String: String] = [:]) async throws {
        let variables = ["REDIS_URL": url].merging(more) { _, new in new }
        let settings = try RedisSettings(SettingsReader(variables))
        let logger = Logger(label: "tests")
        let client = RedisClient(settings, name: "tests", logger: logger)
        defer { Task { await client.close() } }
        try await StartChecks.redis(client, settings, logger: logger)
    }

    @Test func aRedisThatEvictsIsRefused() async throws {
        try await check(TestServers.redisURL)
        let redis = try await OwnRedis.start(options: ["--maxmemory-policy", "allkeys-lru"])
        let error = await #expect(throws: StartError.self) { try await check(redis.url) }
        #expect(error?.description.contains("allkeys-lru") == true)
        #expect(error?.description.contains("noeviction") == true)
        try await check(redis.url, ["REDIS_EVICTION_CHECK": "skip"])
    }

    @Test func aRedisThatHidesItsPolicyIsRefused() {
        #expect(throws: StartError.self) { try StartChecks.checkEviction(nil) }
    }

    @Test(arguments: [("6.2.0", true), ("7.0.15", true), ("6.0.16", false), ("5.0", false), ("10.1", true)])
    func versions(version: String, isSupported: Bool) {
        #expect(StartChecks.isSupported(version) == isSupported)
    }

    @Test func factsAreReadFromInfo() {
        let facts = StartChecks.facts(of: "# Memory\r\nmaxmemory_policy:noeviction\r\nos:Linux:x\r\n\r\n")
        #expect(facts == ["maxmemory_policy": "noeviction", "os": "Linux:x"])
    }
}
