/// An error in a Redis URL. It never quotes the URL, which may contain a password.
public enum RedisConfigurationError: Error, Sendable, Hashable {
    /// The scheme is neither `redis://` nor `rediss://`.
    case scheme
    /// No host, or an IPv6 address without its closing bracket.
    case host
    /// The port is not a number from 1 to 65535.
    case port
    /// The path is not `/` and a database number.
    case database
    /// The user or password contains a `%` without two hexadecimal digits, or bytes that are not UTF-8.
    case percentEncoding
    /// The URL contains `?` or `#`, but this client has no URL parameters.
    case unexpectedParameters
}

extension RedisConfigurationError: CustomStringConvertible {
    public var description: String {
        let problem =
            switch self {
            case .scheme: "it must start with redis:// or rediss://"
            case .host: "it contains no host"
            case .port: "its port must be a number from 1 to 65535"
            case .database: "its path must be / and a database number"
            case .percentEncoding:
                "each % in its user or password must be followed by two hexadecimal digits (write a literal % as %25)"
            case .unexpectedParameters: "it must have no parameters (in a password, write ? as %3F and # as %23)"
            }
        return "the Redis URL is invalid: \(problem); expected redis[s]://[user][:password@]host[:port][/database]"
    }
}
