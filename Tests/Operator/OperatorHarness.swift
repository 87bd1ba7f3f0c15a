import Foundation
import Logging
import Marketplace
import PostgresClient
import RedisClient
import Storage
import Streams
import Support
import Testing

/// The built `gittix` and `Workers` commands, with a separate database and key prefix.
final class OperatorHarness: Sendable {
    let database: Psql
    let pool: PostgresPool
    let client: RedisClient
    let keys: Keys
    let settings: [String: String]
    /// The authenticator with the secret of the processes.
    let authenticator = CommandAuthenticator(secrets: [secret])
    private static let secret = "of the tests of the operator's commands"

    /// - Parameter redisURL: The URL of a Redis, or `nil` for the Redis that the tests share.
    init(redisURL: String? = nil) async throws {
        let url = try await TestServers.freshDatabase()
        database = Psql(url)
        pool = PostgresPool(try PostgresConfiguration(url: url), size: 2)
        let redis = try redisURL ?? TestServers.redisURL
        client = RedisClient(
            configuration: try RedisConfiguration(url: redis),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        keys = Keys(prefix: TestServers.keyPrefix())
        settings = [
            "ENVIRONMENT": "development", "LOG_LEVEL": "info", "DATABASE_URL": url, "REDIS_URL": redis,
            "REDIS_KEY_PREFIX": keys.prefix, "STRIPE_SECRET_KEY": "sk_test_none", "RECONCILE_SECONDS": "1",
            "SIGNING_SECRET": Self.secret,
            // No server runs there.
            "STRIPE_API_BASE": "http://127.0.0.1:1",
        ]
    }

    struct Result {
        var output: String
        var status: Int32

        var lines: [String] { output.split(separator: "\n").map(String.init) }
        func has(_ text: String) -> Bool { output.contains(text) }
    }

    /// Runs `gittix`. Returns its output and exit status.
    func gittix(_ words: String..., settings own: [String: String] = [:]) async throws -> Result {
        let process = try await ProductProcess.start(
            "gittix", words,
            // An empty value counts as not set, so Stripe is not used unless a test sets the key.
            environment: settings.merging(["STRIPE_SECRET_KEY": ""]) { $1 }.merging(own) { $1 }, ready: nil)
        let ending = try await process.waitForExit()
        guard case .exit(let status) = ending else { throw SupportError("gittix \(words): \(ending)") }
        return Result(output: process.output.trimmingCharacters(in: .newlines), status: status)
    }

    /// Runs the workers of these services, or of all, while the body runs.
    func runWorkers(_ services: String..., body: () async throws -> Void) async throws {
        let process = try await ProductProcess.start(
            "Workers", services.isEmpty ? ["all"] : services, environment: settings, ready: "Workers started")
        do {
            try await body()
        } catch {
            print(process.output)
            try await process.killAndWait()
            throw error
        }
        try await process.terminate()
    }

    // MARK: Stores

    /// Writes an event to a service's outbox, like its handler.
    func write(_ event: NewEvent, of service: ServiceName, id: UUID = .v7()) async throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let row = OutboxEvent(
            id: id, type: event.type.rawValue, at: .now(), subject: event.subject, version: event.version, trace: "",
            body: Array(try encoder.encode(event.body)))
        try await pool.withTransaction { transaction in
            _ = try await transaction.commit(with: Outbox(service: service).appendSQL([row]))
        }
    }

    func redis(_ words: String...) async throws -> RedisValue {
        var command = RedisCommand(words[0])
        command.append(contentsOf: words.dropFirst())
        return try await client.send(command)
    }

    func count(_ words: String...) async throws -> Int {
        var command = RedisCommand(words[0])
        command.append(contentsOf: words.dropFirst())
        return Int(try await client.send(command).int ?? -1)
    }
}
