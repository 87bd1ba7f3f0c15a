import Bootstrap
import Logging
import Marketplace
import PostgresClient
import RedisClient
import Services
import Storage
import Streams

/// The connections of an operator's command: to Redis, and to the databases if the command needs them.
struct OperatorContext: Sendable {
    let redis: RedisClient
    let keys: Keys
    /// `nil` if the command uses Redis only, so that it works while PostgreSQL is unavailable.
    let databases: DatabasePools?
    private let redisSettings: RedisSettings
    private let signingSecrets: [String]
    private let logger: Logger

    private static let name = "gittix-operator"

    /// Opens the connections while `body` runs.
    ///
    /// - Parameters:
    ///   - use: The setup of the database sessions, or `nil` to open no sessions.
    ///   - settings: The settings, or `nil` to read them from the environment.
    static func open<Value: Sendable>(
        databases use: DatabasePools.Use? = nil, settings given: Settings.Operator? = nil,
        _ body: @Sendable (OperatorContext) async throws -> Value
    ) async throws -> Value {
        let settings = try given ?? Settings.operating(schemas: ServiceRegistry.topology.withSchema)
        var logger = Launch.logging(settings.process, label: "gittix")
        // The thrown error reports a failure, and log lines would disturb a program that reads standard output.
        logger.logLevel = .critical
        let redis = RedisClient(settings.redis, name: name, logger: logger)
        var databases: DatabasePools?
        if let use { databases = try await DatabasePools(settings.databases, for: use, name: name, logger: logger) }
        let context = OperatorContext(
            redis: redis, keys: Keys(prefix: settings.redis.keyPrefix), databases: databases,
            redisSettings: settings.redis, signingSecrets: settings.signingSecrets.map(\.exposed), logger: logger)
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await body(context))
        } catch let error as RedisError where error.isUnavailable {
            outcome = .failure(OperatorError(message: "\(error). Is Redis running, and is REDIS_URL right?"))
        } catch let error as PostgresError where error.isUnavailable {
            outcome = .failure(OperatorError(message: "\(error). Is PostgreSQL running, and is DATABASE_URL right?"))
        } catch {
            outcome = .failure(error)
        }
        await databases?.close()
        await redis.close()
        return try outcome.get()
    }

    func pool(of service: ServiceName) throws -> PostgresPool {
        guard let pool = databases?.pool(of: service) else {
            throw OperatorError(message: "\(service) has no database")
        }
        return pool
    }

    /// Returns the time of the service's database in whole milliseconds. The service's workers use the same clock.
    func now(of service: ServiceName) async throws -> Timestamp {
        let rows = try await pool(of: service).query("SELECT clock_timestamp()")
        return Timestamp(milliseconds: try rows[0].decode(Timestamp.self).milliseconds)
    }

    func stream(of service: ServiceName) -> EventStream { EventStream(service: service, redis: redis, keys: keys) }

    /// Returns a decider for a service's repairs.
    func decider(of service: ServiceName) async throws -> DirectDecider {
        DirectDecider(pool: try pool(of: service), now: try await now(of: service))
    }

    /// Opens a client that sends commands as `operator` and waits for their replies, like an API process.
    func withCommands<Value: Sendable>(_ body: (CommandClient) async throws -> Value) async throws -> Value {
        guard !signingSecrets.isEmpty else {
            throw OperatorError(
                message: "SIGNING_SECRET is missing. Set it to the value that the API and the workers have")
        }
        let producer = CommandProducer(
            redis: redis, keys: keys, authenticator: CommandAuthenticator(secrets: signingSecrets))
        let blocking = RedisClient(redisSettings, role: .blocking, name: Self.name, logger: logger)
        let replies = ReplyStream(blocking: blocking, keys: keys, logger: logger)
        let reading = Task { await replies.run() }
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await body(CommandClient(producer: producer, replies: replies)))
        } catch {
            outcome = .failure(error)
        }
        reading.cancel()
        await reading.value
        await blocking.close()
        return try outcome.get()
    }
}

/// The reason why an operator's command failed, and what to do.
struct OperatorError: Error, CustomStringConvertible {
    var message: String
    var description: String { message }
}
