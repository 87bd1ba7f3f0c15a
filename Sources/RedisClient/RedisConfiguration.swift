/// The address, credentials, timeouts and limits of a Redis client.
public struct RedisConfiguration: Sendable {
    public let host: String
    public let port: Int
    /// The ACL user; `nil` for the default user.
    public let user: String?
    let password: String?
    public let database: Int
    public let usesTLS: Bool
    /// True to accept any certificate, because hosted plans often have self-signed certificates. The traffic is still
    /// encrypted, but the server is not authenticated.
    public let allowsSelfSignedCertificate: Bool
    /// The file with the trusted root certificates (PEM); `nil` for the system's certificates.
    public let caFile: String?

    /// Maximum time of one attempt to connect, including TLS and authentication.
    public var connectTimeout: Duration = .seconds(5)
    /// Maximum time from a request's call to its reply, unless the request has its own timeout.
    public var commandTimeout: Duration = .seconds(5)
    /// The connection's name in `CLIENT LIST`.
    public var clientName: String?
    /// Maximum number of commands that wait for their reply. Further commands fail with `RedisError.overloaded`.
    public var maximumWaitingCommands = 65_536
    /// Maximum total size in bytes of the commands that wait for their reply.
    public var maximumWaitingBytes = 64 << 20

    /// Parses `redis[s]://[user][:password@]host[:port][/database]`, with user and password percent-encoded if needed.
    public init(
        url: String, allowSelfSignedCertificate: Bool = false, caFile: String? = nil
    ) throws(RedisConfigurationError) {
        let parts = try RedisURL(url)
        host = parts.host
        port = parts.port
        user = parts.user
        password = parts.password
        database = parts.database
        usesTLS = parts.usesTLS
        allowsSelfSignedCertificate = allowSelfSignedCertificate
        self.caFile = caFile
    }

    /// True if the server is on this machine.
    public var isLocal: Bool { ["localhost", "::1"].contains(host) || host.hasPrefix("127.") }

    public var hasPassword: Bool { !(password ?? "").isEmpty }

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

    /// Hides the password from `dump` and from the interpolation of a struct that contains this one.
    public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
