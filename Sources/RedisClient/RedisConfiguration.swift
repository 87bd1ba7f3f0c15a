/// Where a Redis server is, how to be let in, and how long to wait for it.
public struct RedisConfiguration: Sendable {
    public let host: String
    public let port: Int
    /// The ACL user; nil for the default one.
    public let user: String?
    let password: String?
    public let database: Int
    public let usesTLS: Bool
    /// Whether any certificate is taken: hosted plans often have self-signed ones. The traffic is still encrypted, but
    /// nothing proves who is at the other end.
    public let allowsSelfSignedCertificate: Bool

    /// For one attempt, TLS and authentication included.
    public var connectTimeout: Duration = .seconds(5)
    /// For a request that names no time of its own, from its call to its answer.
    public var commandTimeout: Duration = .seconds(5)
    /// Shown by `CLIENT LIST`.
    public var clientName: String?
    /// How many commands may wait for their answer; more are refused with `RedisError.overloaded`.
    public var maximumWaitingCommands = 65_536
    /// How many bytes of commands may wait for their answer.
    public var maximumWaitingBytes = 64 << 20

    /// `redis[s]://[user][:password@]host[:port][/database]`, user and password percent-encoded where need be.
    public init(url: String, allowSelfSignedCertificate: Bool = false) throws(RedisConfigurationError) {
        let parts = try RedisURL(url)
        host = parts.host
        port = parts.port
        user = parts.user
        password = parts.password
        database = parts.database
        usesTLS = parts.usesTLS
        allowsSelfSignedCertificate = allowSelfSignedCertificate
    }

    /// `host:port`, for messages.
    public var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension RedisConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        let secret = password == nil ? "" : ":***"
        let credentials = user == nil && password == nil ? "" : "\(user ?? "")\(secret)@"
        return "\(usesTLS ? "rediss" : "redis")://\(credentials)\(address)/\(database)"
    }

    public var debugDescription: String { description }

    /// Without this, `dump` and string interpolation of a struct that holds this one would show the password.
    public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
