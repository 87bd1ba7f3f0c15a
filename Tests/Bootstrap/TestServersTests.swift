import Support
import Testing

/// The servers and processes that the other tests use.
@Suite struct TestServersTests {
    @Test func twoTestsHaveSeparateDatabases() async throws {
        let first = try await TestServers.freshDatabase()
        let second = try await TestServers.freshDatabase(migrated: false)
        #expect(first != second)
        try await Tool.run("psql", ["-X", "-q", first, "-c", "CREATE TABLE mine (id int)"])
        await #expect(throws: SupportError.self) {
            try await Tool.run("psql", ["-X", "-q", second, "-c", "SELECT * FROM mine"])
        }
    }

    @Test func aMigratedDatabaseHasTheInboxOfEveryService() async throws {
        let url = try await TestServers.freshDatabase()
        for service in ["users", "tickets", "orders", "payments"] {
            try await Tool.run("psql", ["-X", "-q", url, "-c", "SELECT FROM \(service).inbox"])
        }
    }

    @Test func databasesCanBeCreatedConcurrently() async throws {
        let urls = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try await TestServers.freshDatabase() } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(urls.count == 8)
    }

    @Test func aRedisOfATestKeepsItsDataWhenItIsKilled() async throws {
        let redis = try await RedisServer.start()
        try await redis.command("SET", "seat", "A7")
        try await redis.kill()
        await #expect(throws: SupportError.self) { try await redis.command("PING") }
        try await redis.restart()
        #expect(try await redis.command("GET", "seat") == "A7\n")
        try await redis.flush()
        #expect(try await redis.command("EXISTS", "seat") == "0\n")
        try await redis.stop()
    }

    @Test func theErrorOfAProcessThatEndsEarlyHasItsOutput() async throws {
        let process = try ChildProcess("/bin/sh", ["-c", "echo no port; exit 3"], environment: [:])
        await #expect {
            try await process.waitForOutput("ready")
        } throws: { error in
            "\(error)".contains("no port") && "\(error)".contains("exit(3)")
        }
        #expect(process.exitStatus == .exit(3))
    }
}
