public import Logging
public import Marketplace
public import PostgresClient

/// A pool for each distinct database, shared by the services whose schemas lie there.
public struct PostgresPools: Sendable {
    private let pools: [Secret: PostgresPool]
    private let urls: [Marketplace.Service: Secret]

    /// How the sessions of a process are set up.
    public enum Purpose: Sendable {
        /// Workers: a session that stops holding a lock, or that waits for one, is ended soon, since everyone behind it
        /// waits with it; and a server that may forget what it committed is refused.
        case work
        /// API: can't write, whatever it is told to. It takes on the role `gittix_reader`, which may only SELECT; where
        /// a host allows no second role, the session is read-only.
        case read
        /// The operator's commands: as for work, but with time.
        case operate
    }

    public init(_ settings: DatabaseSettings, for purpose: Purpose, logger: Logger) throws {
        var pools: [Secret: PostgresPool] = [:]
        var urls: [Marketplace.Service: Secret] = [:]
        for (url, services) in settings.servicesByURL {
            var configuration = try PostgresConfiguration(url: url.exposed)
            configuration.applicationName = "gittix \(purpose)"
            configuration.logger = logger
            configuration.sessionSettings = purpose.sessionSettings
            configuration.requiresDurability = purpose != .read
            pools[url] = PostgresPool(configuration, size: settings.poolSize)
            for service in services { urls[service] = url }
        }
        self.pools = pools
        self.urls = urls
    }

    /// Nil for a service without a schema, or one that this process does not run.
    public subscript(service: Marketplace.Service) -> PostgresPool? { urls[service].flatMap { pools[$0] } }

    /// Each pool once, with the services whose schemas it reaches.
    public var all: [(pool: PostgresPool, services: [Marketplace.Service])] {
        pools.map { url, pool in
            (pool, urls.filter { $0.value == url }.keys.sorted { $0.rawValue < $1.rawValue })
        }
    }

    public func close() async {
        for pool in pools.values { await pool.close() }
    }
}

extension PostgresPools.Purpose {
    var sessionSettings: [(name: String, value: String)] {
        switch self {
        case .work:
            [
                ("idle_in_transaction_session_timeout", "2s"), ("lock_timeout", "5s"), ("statement_timeout", "10s"),
                ("jit", "off"),
            ]
        case .read:
            [("default_transaction_read_only", "on"), ("statement_timeout", "5s"), ("lock_timeout", "1s"), ("jit", "off")]
        case .operate: [("lock_timeout", "10s")]
        }
    }
}
