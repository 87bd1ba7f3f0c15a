import Logging
import RedisClient
import Support
import Testing

@testable import Bootstrap

@Suite struct StartChecksTests {
    private func check(_ url: String, _ more: [String: String] = [:]) async throws {
        let variables = ["REDIS_URL": url].merging(more) { _, new in new }
        let settings = try RedisSettings(SettingsReader(variables), ProcessSettings(SettingsReader(variables)))
        let logger = Logger(label: "tests")
        let client = RedisClient(settings, name: "tests", logger: logger)
        defer { Task { await client.close() } }
        try await StartChecks.redis(client, settings, logger: logger)
    }

    @Test func aRedisThatEvictsKeysIsRefused() async throws {
        try await check(TestServers.redisURL)
        let redis = try await RedisServer.start(options: ["--maxmemory-policy", "allkeys-lru"])
        let error = await #expect(throws: StartError.self) { try await check(redis.url) }
        #expect(error?.description.contains("allkeys-lru") == true)
        #expect(error?.description.contains("noeviction") == true)
        try await check(redis.url, ["REDIS_EVICTION_CHECK": "skip"])
    }
}
