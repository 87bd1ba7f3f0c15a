public import Logging

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The address of a PostgreSQL server and the settings of its sessions.
public struct PostgresConfiguration: Sendable {
    /// The URL, including the password.
    let url: String
    /// The parts of the URL, as libpq reads them.
    let target: ConnectionTarget

    /// The file with the trusted root certificates (PEM). If it is set, the connection is encrypted and the server's
    /// certificate and name are verified, even if the URL has a different `sslmode`.
    public var caFile: String?
    /// Maximum time to connect to each host of the URL.
    public var connectTimeout: Duration = .seconds(5)
    /// Maximum time of a statement that has no deadline.
    public var defaultTimeout: Duration = .seconds(30)
    /// Maximum time for the server to stop a cancelled statement. After this time, the connection is closed.
    public var cancelGrace: Duration = .seconds(1)
    /// Session settings, applied in this order: `("statement_timeout", "5s")`.
    public var sessionSettings: [(name: String, value: String)] = []
    /// The session's role, set after the session settings.
    public var role: String?
    /// True to refuse a server that may lose committed transactions: see `PostgresChecks`.
    public var requiresDurability = false
    /// Maximum number of statements that stay prepared on a connection.
    public var preparedStatementLimit = 256
    /// Seconds without traffic before the first of three TCP keepalive probes.
    ///
    /// An unresponsive peer is disconnected after 30 s.
    public var keepaliveIdle_s = 10
    public var applicationName = "gittix"
    public var logger = Logger(label: "postgres")

    /// Takes a libpq URL: `postgresql://user:password@host:port/database?sslmode=require`.
    ///
    /// For failover, the URL has several hosts and `target_session_attrs`.
    public init(url: String) throws {
        self.url = url
        self.target = try ConnectionTarget(url: url)
    }
}

extension PostgresConfiguration {
    /// True if the server is on this machine: connections use a Unix-domain socket or the loopback interface.
    public var isLocal: Bool {
        let hosts = target.addresses.isEmpty ? target.hosts : target.addresses
        // Without a host, libpq uses the environment or a socket.
        guard !hosts.isEmpty else { return unsafe getenv("PGHOST") == nil && getenv("PGHOSTADDR") == nil }
        return hosts.allSatisfy { host in
            ["", "localhost", "::1"].contains(host) || host.hasPrefix("127.") || host.hasPrefix("/")
                || host.hasPrefix("@")
        }
    }

    /// True if the server's certificate and name are verified.
    public var verifiesServer: Bool { caFile != nil || target.sslMode == "verify-full" }

    /// True if the URL has a password, a password file or a client certificate.
    public var hasCredential: Bool { target.hasCredential }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL without password and options.
    public var description: String { target.description }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["target": target]) }
}
