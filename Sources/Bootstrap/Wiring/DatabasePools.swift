public import Logging
public import Marketplace
public import PostgresClient
import Storage

/// A pool of connections for each distinct database that a process uses.
public struct DatabasePools: Sendable {
    /// What the connections are for, and so how their sessions are set up.
    public enum Use: Sendable {
        /// Handlers and relays. A worker that is stopped while it holds a row lock must not freeze its service, so the
        /// server itself ends what lasts too long.
        case working
        /// The API: nothing can be written.
        case reading
        /// The operator's command: migrations may take their time.
        case operating
        /// The operator's look at a system that may be damaged and may be at work: it takes any server, and makes nobody
        /// wait for long.
        case examining
    }

    /// Every pool once.
    public let all: [PostgresPool]
    private let pools: [Service: PostgresPool]

    /// Makes the pools. A session for reading takes on the role that may only SELECT where the migrations made it and
    /// the login may; so this asks the server, and waits for it as ``StartChecks`` does.
    ///
    /// - Parameter name: Shown in `pg_stat_activity`.
    public init(_ settings: DatabaseSettings, for use: Use, name: String, logger: Logger) async throws {
        var all: [PostgresPool] = []
        var pools: [Service: PostgresPool] = [:]
        for (url, services) in settings.servicesByURL {
            var configuration: PostgresConfiguration
            do {
                configuration = try PostgresConfiguration(url: url.exposed)
            } catch {
                let names = services.map { Variable.databaseURL(of: $0).name }.joined(separator: ", ")
                throw StartError("the database URL of \(names) can't be used: \(error)")
            }
            configuration.applicationName = name
            configuration.logger = logger
            configuration.prepare(for: use)
            if use == .reading { configuration.role = try await Self.readingRole(configuration, logger) }
            let pool = PostgresPool(configuration, size: settings.poolSize)
            all.append(pool)
            for service in services { pools[service] = pool }
        }
        self.all = all
        self.pools = pools
    }

    /// The pool of the database that holds the service's schema; nil for a service without one, or one that the
    /// process does not run.
    public func pool(of service: Service) -> PostgresPool? {
        pools[service]
    }

    /// Closes every pool.
    public func close() async {
        for pool in all { await pool.close() }
    }

    /// The role of the migrations that may only SELECT, if this login may take it on.
    private static func readingRole(_ configuration: PostgresConfiguration, _ logger: Logger) async throws -> String? {
        let pool = PostgresPool(configuration, size: 1)
        defer { Task { await pool.close() } }
        try await StartChecks.answers(pool, logger: logger)
        if try await ReaderRole.mayBeTakenOn(by: pool) { return ReaderRole.name }
        logger.notice("reading as the login's own role in read-only sessions: it may not take on \(ReaderRole.name)")
        return nil
    }
}

extension PostgresConfiguration {
    fileprivate mutating func prepare(for use: DatabasePools.Use) {
        // The client's own limit comes after the server's, so that the server's clear answer is the one that is seen.
        switch use {
        case .working:
            requiresDurability = true
            defaultTimeout = .seconds(15)
            sessionSettings = [
                ("idle_in_transaction_session_timeout", "2s"), ("lock_timeout", "5s"), ("statement_timeout", "10s"),
                // A worker's statements find rows by key, whatever the values are: planned once, and row by row by the
                // indexes, even where the table was small then and is not any more.
                ("plan_cache_mode", "force_generic_plan"), ("jit", "off"), ("enable_seqscan", "off"),
                ("enable_hashjoin", "off"), ("enable_mergejoin", "off"),
            ]
        case .reading:
            defaultTimeout = .seconds(8)
            sessionSettings = [
                ("default_transaction_read_only", "on"), ("idle_in_transaction_session_timeout", "2s"),
                ("lock_timeout", "2s"), ("statement_timeout", "5s"),
            ]
        case .operating:
            requiresDurability = true
            defaultTimeout = .seconds(600)
        case .examining:
            defaultTimeout = .seconds(310)
            sessionSettings = [
                ("idle_in_transaction_session_timeout", "10s"), ("lock_timeout", "5s"), ("statement_timeout", "300s"),
            ]
        }
    }
}
