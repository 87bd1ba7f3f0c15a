/// What is wrong with a Redis URL. Never quotes it: it may hold a password.
public enum RedisConfigurationError: Error, Sendable, Hashable {
    /// Neither `redis://` nor `rediss://`.
    case scheme
    /// No host, or an IPv6 address without its closing bracket.
    case host
    /// Not a number from 1 to 65535.
    case port
    /// The path is not `/` and a database number.
    case database
    /// A `%` that is not followed by two hexadecimal digits, or bytes that are no UTF-8, in the user or password.
    case percentEncoding
    /// A `?` or `#`: this client has no settings in the URL.
    case unexpectedParameters
}

extension RedisConfigurationError: CustomStringConvertible {
    public var description: String {
        let wrong =
            switch self {
            case .scheme: "it must start with redis:// or rediss://"
            case .host: "it names no host"
            case .port: "its port must be a number from 1 to 65535"
            case .database: "its path must be / and the number of a database"
            case .percentEncoding:
                "a % in its user or password must start two hexadecimal digits (write %25 for itself)"
            case .unexpectedParameters: "it takes no parameters (write %3F and %23 for ? and # in a password)"
            }
        return "the Redis URL can't be used: \(wrong); expected redis[s]://[user][:password@]host[:port][/database]"
    }
}
