import Support
import Testing

/// The start and the end of a process.
@Suite struct LaunchTests {
    @Test(arguments: [
        ("API", [], "API: DATABASE_URL: is not set; set it to a URL.\n"),
        ("Workers", ["users"], "Workers: DATABASE_URL: is not set; set it to a URL.\n"),
    ])
    func aMissingSettingIsReportedInOneLine(name: String, arguments: [String], line: String) async throws {
        let process = try await ProductProcess.start(
            name, arguments, environment: ["REDIS_URL": "redis://:hush@127.0.0.1"], ready: nil)
        #expect(try await process.waitForExit() == .exit(1))
        #expect(process.output == line)
    }

    @Test func sigtermEndsAWorkerWithStatusZero() async throws {
        let process = try await ProductProcess.start(
            "Workers", ["users"],
            environment: [
                "DATABASE_URL": TestServers.freshDatabase(), "REDIS_URL": TestServers.redisURL,
                "REDIS_KEY_PREFIX": TestServers.keyPrefix(), "LOG_FORMAT": "json",
                "SIGNING_SECRET": "of the tests that launch processes",
            ], ready: "Workers started")
        #expect(try await process.terminate(within: .seconds(20)) == .exit(0))
    }
}
