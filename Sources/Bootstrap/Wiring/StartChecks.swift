public import Logging
import PostgresClient
public import RedisClient

/// What must hold of the stores before a process begins its work.
public enum StartChecks {
    /// A store that starts at the same moment gets so long to answer.
    static let patience: Duration = .seconds(30)

    /// Waits until Redis answers, and refuses one that is too old or that may throw keys away when its memory is full.
    public static func redis(_ client: RedisClient, _ settings: RedisSettings, logger: Logger) async throws {
        let info = try await waiting(for: "Redis at \(client.configuration.address)", logger: logger) {
            try await client.send(RedisCommand("INFO"))
        } isAway: {
            ($0 as? RedisError)?.isUnavailable == true
        }
        let facts = facts(of: info.string ?? "")
        if let version = facts["redis_version"], !isSupported(version) {
            throw StartError("Redis is \(version): GitTix needs 6.2 or later")
        }
        if settings.evictionCheck == .enforce { try checkEviction(facts["maxmemory_policy"]) }
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

    static func checkEviction(_ policy: String?) throws {
        let advice = """
            GitTix keeps work in Redis and needs maxmemory-policy noeviction (CONFIG SET maxmemory-policy noeviction); \
            REDIS_EVICTION_CHECK=skip starts it all the same
            """
        guard let policy else { throw StartError("Redis does not say its maxmemory-policy: \(advice)") }
        guard policy == "noeviction" else {
            throw StartError("Redis has maxmemory-policy \(policy), so it may delete commands and events: \(advice)")
        }
    }

    static func isSupported(_ version: String) -> Bool {
        let parts = version.split(separator: ".").compactMap { Int($0) }
        guard parts.count >= 2 else { return true }
        return (parts[0], parts[1]) >= (6, 2)
    }

    /// INFO's lines `name:value`.
    static func facts(of info: String) -> [String: String] {
        var facts: [String: String] = [:]
        for line in info.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            facts[String(line[..<colon])] = String(line[line.index(after: colon)...])
        }
        return facts
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
            } catch {
                throw StartError("\(store): \(error)")
            }
        }
    }
}
