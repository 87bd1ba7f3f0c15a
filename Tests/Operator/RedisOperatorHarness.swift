import Foundation
import Logging
import Marketplace
import RedisClient
import Streams
import Support
import Testing

/// The built `gittix` command with a separate Redis, and without PostgreSQL.
struct RedisOperatorHarness {
    let redis: RedisServer
    let client: RedisClient
    let keys = Keys()

    init() async throws {
        redis = try await RedisServer.start()
        client = RedisClient(
            configuration: try RedisConfiguration(url: redis.url),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Runs the command. Returns its output, and whether it succeeded.
    func gittix(_ words: String...) async throws -> (output: String, succeeded: Bool) {
        let process = try await ProductProcess.start(
            "gittix", words,
            environment: [
                "ENVIRONMENT": "development", "REDIS_URL": redis.url,
                "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
            ], ready: nil)
        let ending = try await process.waitForExit()
        return (process.output.trimmingCharacters(in: .newlines), ending == .exit(0))
    }

    /// Adds an entry, and returns its id.
    @discardableResult
    func add(_ fields: [String], to key: String) async throws -> String {
        var command = RedisCommand("XADD", key, "*")
        command.append(contentsOf: fields)
        return try #require(try await client.send(command).string)
    }

    func entries(_ key: String) async throws -> [[String]] {
        let reply = try await client.send(RedisCommand("XRANGE", key, "-", "+"))
        return (reply.array ?? []).map { ($0.array?[1].array ?? []).compactMap(\.string) }
    }

    static let command = [
        "id", "01936d6e-0000-7000-8000-000000000001", "type", "CreateOrder", "v", "1", "at",
        "2026-11-22T14:00:00.000Z", "actor", "-", "reply", "", "trace", "", "body", #"{"a":1}"#,
    ]
    static let event = [
        "id", "01936d6e-0000-7000-8000-000000000002", "type", "TicketCreated", "v", "1", "at",
        "2026-11-22T14:00:00.000Z", "subject", "a ticket", "version", "1", "trace", "", "body", "{}",
    ]
    static let notes = ["failures", "5", "history", "first line\nsecond line"]
}
