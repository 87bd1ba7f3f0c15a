public import Logging
import PostgresClient
public import RedisClient
import Streams

/// Checks of Redis and PostgreSQL before a process starts to work.
public enum StartChecks {
    /// Maximum time to wait for a server, which may be starting at the same time.
    static let timeout: Duration = .seconds(30)

    /// Waits until Redis answers.
    ///
    /// - Throws: ``StartError`` if it does not answer in time, is too old, or evicts keys when its memory is full.
    public static func redis(_ client: RedisClient, _ settings: RedisSettings, logger: Logger) async throws {
        settings.weakness?.log(to: logger)
        try await retrying("Redis at \(client.configuration.address)", logger: logger) {
            try await RedisChecks.verify(client, ignoresEvictionPolicy: settings.evictionCheck == .skip)
        } isUnavailable: { error in
            // Waiting does not help if, for example, the password is wrong.
            if case RedisError.refused(_, let reason) = error { return reason.contains("LOADING") }
            return (error as? RedisError)?.isUnavailable == true
        }
    }

    /// Waits until every database answers. For workers and the operator's commands, opening a session fails if the
    /// server's settings can lose committed data.
    public static func databases(_ pools: DatabasePools, logger: Logger) async throws {
        for pool in pools.all { try await waitForAnswer(pool, logger: logger) }
    }

    static func waitForAnswer(_ pool: PostgresPool, logger: Logger) async throws {
        let isPooled = try await retrying("PostgreSQL at \(pool.configuration)", logger: logger) {
            try await pool.withConnection { connection in
                _ = try await connection.query("SELECT 1")
                return connection.isPooled
            }
        } isUnavailable: {
            ($0 as? PostgresError)?.isUnavailable == true
        }
        guard isPooled else { return }
        logger.notice(
            "PostgreSQL is behind a connection pooler; prepared statements are not kept",
            metadata: ["server": "\(pool.configuration)"])
    }

    /// Runs `body` again each second while the server is unavailable.
    private static func retrying<Value: Sendable>(
        _ server: String, logger: Logger, _ body: () async throws -> Value, isUnavailable: (any Error) -> Bool
    ) async throws -> Value {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        while true {
            do {
                return try await body()
            } catch  where isUnavailable(error) && clock.now < deadline {
                logger.warning("Waiting for a server", metadata: ["server": "\(server)", "error": "\(error)"])
                try await clock.sleep(for: .seconds(1))
            } catch RedisChecks.Failure.evicts(let policy) {
                throw StartError(
                    "\(RedisChecks.Failure.evicts(policy: policy)) (to start anyway, set REDIS_EVICTION_CHECK=skip)")
            } catch {
                throw StartError("\(server): \(error)")
            }
        }
    }
}
