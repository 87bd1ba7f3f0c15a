import FoundationEssentials
import Hummingbird
import Marketplace
import PostgresClient
import RedisClient
import Services
import Storage
import Streams
import Synchronization

/// Checks whether this process can serve: Redis and each PostgreSQL respond, the migrations are applied, the list of
/// bans is built and fresh, and every service's events are published.
final class Readiness: Sendable {
    private let redis: RedisClient
    private let pools: [(pool: PostgresPool, services: [ServiceName])]
    private let bans: BanList
    private let stops: PublishingStops
    /// Indexes of the databases whose migrations were applied at an earlier check. They need no further check.
    private let migrated = Mutex<Set<Int>>([])

    private static let timeout = Duration.seconds(2)

    init(redis: RedisClient, keys: Keys, pools: [(pool: PostgresPool, services: [ServiceName])], bans: BanList) {
        self.redis = redis
        stops = PublishingStops(redis: redis, keys: keys)
        self.pools = pools
        self.bans = bans
    }

    struct Report: Encodable, Sendable {
        enum Part: String, Encodable, Sendable { case ready, unready }

        let status: Part
        let redis: Part
        let postgresql: Part
        let migrations: Part
        let bans: Part
        let events: Part
        /// Why the events of a service are not published, by service.
        let reasons: [String: String]?
    }

    func report() async -> Report {
        async let redis = checkRedis()
        async let (postgres, migrations) = checkDatabases()
        let bans: Report.Part = bans.isFresh() ? .ready : .unready
        let stopped = try? await stops.reasons(of: ServiceRegistry.topology.withSchema, timeout: Self.timeout)
        let events: Report.Part = stopped == [:] ? .ready : .unready
        let parts = await [redis, postgres, migrations, bans, events]
        return Report(
            status: parts.allSatisfy { $0 == .ready } ? .ready : .unready, redis: parts[0], postgresql: parts[1],
            migrations: parts[2], bans: parts[3], events: parts[4],
            reasons: stopped.flatMap { stopped in
                stopped.isEmpty ? nil : Dictionary(uniqueKeysWithValues: stopped.map { ($0.rawValue, $1) })
            })
    }

    private func checkRedis() async -> Report.Part {
        (try? await redis.send(RedisCommand("PING"), timeout: Self.timeout)) == nil ? .unready : .ready
    }

    private func checkDatabases() async -> (Report.Part, Report.Part) {
        var (responses, migrations) = (Report.Part.ready, Report.Part.ready)
        for (index, (pool, services)) in pools.enumerated() {
            let deadline = ContinuousClock.now + Self.timeout
            if (try? await pool.query("SELECT 1", deadline: deadline)) == nil {
                (responses, migrations) = (.unready, .unready)
            } else if await !isMigrated(index, pool, services) {
                migrations = .unready
            }
        }
        return (responses, migrations)
    }

    private func isMigrated(_ index: Int, _ pool: PostgresPool, _ services: [ServiceName]) async -> Bool {
        if migrated.withLock({ $0.contains(index) }) { return true }
        do {
            let status = try await pool.withConnection { try await Migrator(connection: $0).status(services: services) }
            guard status.allSatisfy({ $0.appliedAt != nil }) else { return false }
        } catch {
            return false
        }
        migrated.withLock { _ = $0.insert(index) }
        return true
    }
}
