public import Logging
public import Marketplace
public import PostgresClient
import Storage

/// The connection pools of a process, one for each distinct database.
public struct DatabasePools: Sendable {
    /// The use of the connections, which determines the settings of their sessions.
    public enum Use: Sendable {
        /// Handlers and relays. The server ends statements and transactions that take too long, so that a suspended
        /// worker that holds a row lock does not block its service.
        case working
        /// The API. Sessions are read-only.
        case reading
        /// The operator's commands. Timeouts are long, because migrations may take long.
        case operating
        /// The doctor. It accepts servers with unsafe settings, because it reports them. Its lock timeout is short, so
        /// that it does not block a running system.
        case examining
    }

    /// Every pool once, even if several services share it.
    public let all: [PostgresPool]
    private let pools: [ServiceName: PostgresPool]

    /// Creates the pools.
    ///
    /// Sessions for reading use the reader role if it exists and the login is a member of it. To check this, the
    /// initializer asks the server, and waits for it like ``StartChecks``.
    ///
    /// - Parameter name: The application name in `pg_stat_activity`.
    public init(_ settings: DatabaseSettings, for use: Use, name: String, logger: Logger) async throws {
        for weakness in settings.weaknesses { weakness.log(to: logger) }
        var all: [PostgresPool] = []
        var pools: [ServiceName: PostgresPool] = [:]
        for (url, services) in settings.servicesByURL {
            var configuration: PostgresConfiguration
            do {
                configuration = try PostgresConfiguration(url: url.exposed)
            } catch {
                let names = services.map { Variable.databaseURL(of: $0).name }.joined(separator: ", ")
                throw StartError("the database URL in \(names) is invalid: \(error)")
            }
            configuration.applicationName = name
            configuration.caFile = settings.caFile
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

    /// Returns the pool of the database with the service's schema, or `nil` if the service has no schema or the process
    /// does not run it.
    public func pool(of service: ServiceName) -> PostgresPool? {
        pools[service]
    }

    /// Closes every pool.
    public func close() async {
        for pool in all { await pool.close() }
    }

    /// Returns the reader role, if this login may use it.
    private static func readingRole(_ configuration: PostgresConfiguration, _ logger: Logger) async throws -> String? {
        let pool = PostgresPool(configuration, size: 1)
        defer { Task { await pool.close() } }
        try await StartChecks.waitForAnswer(pool, logger: logger)
        if try await ReaderRole.isAvailable(to: pool) { return ReaderRole.name }
        logger.notice(
            "Login is not a member of the reader role; only session settings keep the API from writing",
            metadata: ["role": "\(ReaderRole.name)"])
        return nil
    }
}

extension PostgresConfiguration {
    fileprivate mutating func prepare(for use: DatabasePools.Use) {
        // The client's timeouts are longer than the server's, because the server's error is clearer.
        switch use {
        case .working:
            requiresDurability = true
            defaultTimeout = .seconds(15)
            sessionSettings = [
                ("idle_in_transaction_session_timeout", "2s"), ("lock_timeout", "5s"), ("statement_timeout", "10s"),
                // Workers find rows by key. With these settings, PostgreSQL plans a statement once for a connection,
                // and the plan uses indexes even if the table was small at that time.
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
