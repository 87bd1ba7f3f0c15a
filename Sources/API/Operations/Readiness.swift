import FoundationEssentials
import Hummingbird
import Logging
import Marketplace
import PostgresClient
import RedisClient
import Services
import Storage
import Streams
import Synchronization

/// Checks whether this process can serve requests: the process is not stopping, Redis accepts writes, each PostgreSQL
/// server responds, the migrations are applied, the list of bans is built and fresh, and every service's events are
/// published.
final class Readiness: Sendable {
    private let redis: RedisClient
    private let keys: Keys
    private let pools: [(pool: PostgresPool, services: [ServiceName])]
    private let bans: BanList
    private let drain: Drain
    private let stops: PublishingStops
    private let logger: Logger
    /// Indexes of the databases whose migrations were applied at an earlier check. They need no further check.
    private let migrated = Mutex<Set<Int>>([])
    /// The errors of the previous check. An error is logged only when it changes, because probes are frequent.
    private let logged = Mutex<[String: String]>([:])

    private static let timeout = Duration.seconds(2)

    init(
        redis: RedisClient, keys: Keys, pools: [(pool: PostgresPool, services: [ServiceName])], bans: BanList,
        drain: Drain, logger: Logger
    ) {
        self.redis = redis
        self.keys = keys
        stops = PublishingStops(redis: redis, keys: keys)
        self.pools = pools
        self.bans = bans
        self.drain = drain
        self.logger = logger
    }

    struct Report: Encodable, Sendable {
        enum Part: String, Encodable, Sendable { case ready, unready }

        let status: Part
        let process: Part
        let redis: Part
        let postgresql: Part
        let migrations: Part
        let bans: Part
        let events: Part
        /// The reasons why parts are not ready, by the part's name, and why events are not published, by the service's
        /// name.
        let reasons: [String: String]?
    }

    func report() async -> Report {
        async let redisFault = checkRedis()
        async let (databaseFault, areMigrated) = checkDatabases()
        let stopped = try? await stops.reasons(of: ServiceRegistry.topology.withSchema, timeout: Self.timeout)
        var reasons = Dictionary(uniqueKeysWithValues: (stopped ?? [:]).map { ($0.rawValue, $1) })
        reasons["process"] = drain.isDraining ? "the process is stopping" : nil
        reasons["redis"] = await redisFault
        reasons["postgresql"] = await databaseFault
        let migrations = await areMigrated
        let isReady = reasons.isEmpty && stopped != nil && migrations && bans.isFresh()
        func part(_ isReady: Bool) -> Report.Part { isReady ? .ready : .unready }
        return Report(
            status: part(isReady), process: part(reasons["process"] == nil), redis: part(reasons["redis"] == nil),
            postgresql: part(reasons["postgresql"] == nil), migrations: part(migrations), bans: part(bans.isFresh()),
            events: part(stopped == [:]), reasons: reasons.isEmpty ? nil : reasons)
    }

    /// Tries a write that changes nothing. A server that is a replica, is full, or cannot save its data refuses the
    /// write.
    private func checkRedis() async -> String? {
        do {
            _ = try await redis.send(
                RedisCommand("SET", keys.writeProbe, "", "XX", "PX", 1), timeout: Self.timeout)
            note(nil, of: "Redis")
            return nil
        } catch {
            note("\(error)", of: "Redis")
            return Self.reason(error)
        }
    }

    /// The public reason. It contains no addresses or names, which are only in the log.
    static func reason(_ error: any Error) -> String {
        switch error as? RedisError {
        case .server(let reply, _): "refuses writes: \(reply.code)"
        case .disconnected(_, _, let cause) where cause.contains("max number of clients reached"):
            "max number of clients reached"
        case .refused: "refuses the connection"
        case .disconnected: "is not connected"
        case nil, .timeout, .protocolViolation, .overloaded, .cancelled, .closed: "does not answer"
        }
    }

    static func reason(_ error: PostgresError) -> String {
        let state = error.sqlState.map { " (\($0))" } ?? ""
        return switch error.kind {
        case .connectionLost: "is not connected\(state)"
        case .poolExhausted: "has no free connection"
        case .server, .refusedServer: "refuses queries\(state)"
        default: "does not answer\(state)"
        }
    }

    private func checkDatabases() async -> (fault: String?, areMigrated: Bool) {
        var (fault, areMigrated) = (String?.none, true)
        for (index, (pool, services)) in pools.enumerated() {
            let name = "PostgreSQL \(index + 1)"
            do {
                _ = try await pool.query("SELECT 1", deadline: .now + Self.timeout)
                note(nil, of: name)
            } catch {
                note("\(error)", of: name)
                (fault, areMigrated) = ((error as? PostgresError).map(Self.reason) ?? "does not answer", false)
                continue
            }
            if await !isMigrated(index, pool, services) { areMigrated = false }
        }
        return (fault, areMigrated)
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

    private func note(_ fault: String?, of server: String) {
        let isNew = logged.withLock { logged in
            defer { logged[server] = fault }
            return logged[server] != fault
        }
        if isNew, let fault {
            logger.warning("Not ready", metadata: ["server": .string(server), "error": .string(fault)])
        }
    }
}
