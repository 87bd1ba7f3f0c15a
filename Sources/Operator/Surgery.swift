import Bootstrap
import Logging
import Marketplace
import PostgresClient
import RedisClient
import Streams

/// The operator's connections to Redis and to the databases, for what looks at both and mends.
struct Surgery {
    let redis: RedisClient
    let keys: Keys
    let databases: DatabasePools

    /// - Parameter use: how the sessions with the databases are set up.
    static func open<Value: Sendable>(
        for use: DatabasePools.Use, settings given: Settings.Operator? = nil,
        _ body: @Sendable (Surgery) async throws -> Value
    ) async throws -> Value {
        let settings = try given ?? Settings.operating()
        var logger = Launch.logging(settings.process, label: "gittix")
        // What fails is told once, by the error, and what is printed may be read by a program.
        logger.logLevel = .critical
        let name = "gittix-operator"
        let redis = RedisClient(settings.redis, name: name, logger: logger)
        let databases = try await DatabasePools(settings.databases, for: use, name: name, logger: logger)
        let outcome: Result<Value, any Error>
        do {
            let surgery = Surgery(
                redis: redis, keys: Keys(prefix: settings.redis.keyPrefix), databases: databases)
            outcome = .success(try await body(surgery))
        } catch let error as RedisError where error.isUnavailable {
            outcome = .failure(Refused(message: "\(error). Does Redis run, and is REDIS_URL right?"))
        } catch let error as PostgresError where error.isUnavailable {
            outcome = .failure(Refused(message: "\(error). Does PostgreSQL run, and is DATABASE_URL right?"))
        } catch {
            outcome = .failure(error)
        }
        await databases.close()
        await redis.close()
        return try outcome.get()
    }

    func pool(of service: Service) throws -> PostgresPool {
        guard let pool = databases.pool(of: service) else { throw Refused(message: "\(service) has no database") }
        return pool
    }

    /// The time by the clock that the service's workers go by: its database's, in whole milliseconds.
    func now(of service: Service) async throws -> Timestamp {
        let rows = try await pool(of: service).query("SELECT clock_timestamp()")
        return Timestamp(milliseconds: try rows[0].decode(Timestamp.self).milliseconds)
    }

    func stream(of service: Service) -> EventStream { EventStream(service: service, redis: redis, keys: keys) }
}
