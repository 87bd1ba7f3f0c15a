import FoundationEssentials
import Hummingbird
import Marketplace
import PostgresClient
import RedisClient
import Storage
import Synchronization

/// Whether this process can serve: Redis and each PostgreSQL answer, the migrations are applied, the list of bans is
/// built and fresh.
final class Readiness: Sendable {
    private let redis: RedisClient
    private let pools: [(pool: PostgresPool, services: [Service])]
    private let bans: BanList
    /// The databases whose migrations were seen to be applied: they stay so.
    private let migrated = Mutex<Set<Int>>([])

    private static let patience = Duration.seconds(2)

    init(redis: RedisClient, pools: [(pool: PostgresPool, services: [Service])], bans: BanList) {
        self.redis = redis
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
    }

    func report() async -> Report {
        async let redis = redisAnswers()
        async let (postgres, migrations) = databases()
        let bans: Report.Part = bans.isFresh() ? .ready : .unready
        let parts = await [redis, postgres, migrations, bans]
        return Report(
            status: parts.allSatisfy { $0 == .ready } ? .ready : .unready, redis: parts[0], postgresql: parts[1],
            migrations: parts[2], bans: parts[3])
    }

    private func redisAnswers() async -> Report.Part {
        (try? await redis.send(RedisCommand("PING"), timeout: Self.patience)) == nil ? .unready : .ready
    }

    private func databases() async -> (Report.Part, Report.Part) {
        var (answers, applied) = (Report.Part.ready, Report.Part.ready)
        for (index, (pool, services)) in pools.enumerated() {
            let deadline = ContinuousClock.now + Self.patience
            if (try? await pool.query("SELECT 1", deadline: deadline)) == nil {
                (answers, applied) = (.unready, .unready)
            } else if await !isMigrated(index, pool, services) {
                applied = .unready
            }
        }
        return (answers, applied)
    }

    private func isMigrated(_ index: Int, _ pool: PostgresPool, _ services: [Service]) async -> Bool {
        if migrated.withLock({ $0.contains(index) }) { return true }
        do {
            let status = try await pool.withConnection { try await Migrator(connection: $0).status(services: services) }
            guard status.allSatisfy({ $0.appliedAt != nil }) else { return false }
        } catch MigrationError.databaseIsAhead {
            // A newer release has migrated already, and runs beside this one until that is replaced.
        } catch {
            return false
        }
        migrated.withLock { _ = $0.insert(index) }
        return true
    }
}
