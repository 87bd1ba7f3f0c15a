import Bootstrap
import PostgresClient
import RedisClient
import Streams

/// Refuses to start on servers that would not keep what they are given.
struct StartChecks {
    let redis: RedisClients
    let settings: RedisSettings
    let databases: PostgresPools

    func run() async throws {
        try await RedisChecks.verify(redis.shared, ignoresEvictionPolicy: settings.evictionCheck == .skip)
        for (pool, _) in databases.all {
            try await pool.withConnection { try await PostgresChecks.verify($0) }
        }
    }
}
