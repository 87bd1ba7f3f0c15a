public import Logging
import PostgresClient
public import RedisClient
import Streams

/// What must hold of the stores before a process begins its work.
public enum StartChecks {
    /// A store that starts at the same moment gets so long to answer.
    static let patience: Duration = .seconds(30)

    /// Waits until Redis answers, and refuses one that is too old or that may throw keys away when its memory is full.
    public static func redis(_ client: RedisClient, _ settings: RedisSettings, logger: Logger) async throws {
        try await waiting(for: "Redis at \(client.configuration.address)", logger: logger) {
            try await RedisChecks.verify(client, ignoresEvictionPolicy: settings.evictionCheck == .skip)
        } isAway: { error in
            // Waiting mends no wrong password.
            if case RedisError.refused(_, let reason) = error { return reason.contains("LOADING") }
            return (error as? RedisError)?.isUnavailable == true
        }
    }

    /// Waits until every database answers. The session refuses a server that may forget what it committed.
    public static func databases(_ pools: DatabasePools, logger: Logger) async throws {
        for pool in pools.all { try await answers(pool, logger: logger) }
    }

    static func answers(_ pool: PostgresPool, logger: Logger) async throws {
        _ = try await waiting(for: "PostgreSQL at \(pool.configuration)", logger: logger) {
            try await pool.query("SELECT 1")
        } isAway: {
            ($0 as? PostgresError)?.isUnavailable == true
        }
    }

    private static func waiting<Value: Sendable>(
        for store: String, logger: Logger, _ body: () async throws -> Value, isAway: (any Error) -> Bool
    ) async throws -> Value {
        let clock = ContinuousClock()
        let deadline = clock.now + patience
        while true {
            do {
                return try await body()
            } catch  where isAway(error) && clock.now < deadline {
                logger.warning("waiting for \(store)", metadata: ["error": "\(error)"])
                try await clock.sleep(for: .seconds(1))
            } catch RedisChecks.Failure.evicts(let policy) {
                throw StartError(
                    "\(RedisChecks.Failure.evicts(policy: policy)) (REDIS_EVICTION_CHECK=skip starts it all the same)")
            } catch {
                throw StartError("\(store): \(error)")
            }
        }
    }
}
