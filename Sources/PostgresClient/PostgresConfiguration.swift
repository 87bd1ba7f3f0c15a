public import Logging

/// Where PostgreSQL is, and how a session with it is set up.
public struct PostgresConfiguration: Sendable {
    /// The URL, which holds the password.
    let url: String
    /// What the URL says, libpq's defaults for the rest.
    let target: ConnectionTarget

    /// For one host; with several in the URL, for each of them.
    public var connectTimeout: Duration = .seconds(5)
    /// How long a statement may take that is given no deadline.
    public var defaultTimeout: Duration = .seconds(30)
    /// How long the server may take to answer to a cancellation, before the connection is closed.
    public var cancelGrace: Duration = .seconds(1)
    /// Settings of the session: `("statement_timeout", "5s")`, in this order.
    public var sessionSettings: [(name: String, value: String)] = []
    /// The role that the session takes on.
    public var role: String?
    /// Refuses a server that may forget what it committed: see `PostgresChecks`.
    public var requiresDurability = false
    /// Statements kept prepared on a connection.
    public var preparedStatementLimit = 256
    /// A peer that is silent is probed after so many seconds, three times, and given up after 30.
    public var keepaliveIdle_s = 10
    public var applicationName = "gittix"
    public var logger = Logger(label: "postgres")

    /// Takes a URL as libpq reads it, `postgresql://user:password@host:port/database?sslmode=require`. Several hosts and
    /// `target_session_attrs` give failover.
    public init(url: String) throws {
        self.url = url
        self.target = try ConnectionTarget(url: url)
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL without its password and options.
    public var description: String { target.description }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["target": target]) }
}
