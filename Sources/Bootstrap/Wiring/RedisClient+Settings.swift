public import Logging
public import RedisClient

extension RedisClient {
    /// Creates a client with these settings.
    ///
    /// - Parameter name: The connection's name in `CLIENT LIST`.
    public convenience init(_ settings: RedisSettings, role: Role = .shared, name: String, logger: Logger) {
        var configuration = settings.configuration
        configuration.clientName = name
        self.init(configuration: configuration, role: role, logger: logger)
    }

    /// Returns the client for a reader that waits for entries: a new client, or this one if the process has only one
    /// connection.
    public func waiting(_ settings: RedisSettings, name: String, logger: Logger) -> RedisClient {
        switch settings.connections {
        case .several: RedisClient(settings, role: .blocking, name: name, logger: logger)
        case .one: self
        }
    }
}
