import Bootstrap
import Logging
import RedisClient
import Streams

/// The operator's connection to Redis alone: it serves while PostgreSQL is away.
struct Desk {
    let redis: RedisClient
    let keys: Keys

    static func open(_ body: @Sendable (Desk) async throws -> Void) async throws {
        let settings = try Settings.operating()
        var logger = Launch.logging(settings.process, label: "gittix")
        // What fails is told once, by the error, and what is printed may be read by a program.
        logger.logLevel = .critical
        let redis = RedisClient(settings.redis, name: "gittix-operator", logger: logger)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(Desk(redis: redis, keys: Keys(prefix: settings.redis.keyPrefix))))
        } catch let error as RedisError where error.isUnavailable {
            outcome = .failure(Refused(message: "\(error). Does Redis run, and is REDIS_URL right?"))
        } catch {
            outcome = .failure(error)
        }
        await redis.close()
        try outcome.get()
    }
}
