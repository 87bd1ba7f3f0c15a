public import Logging
public import RedisClient

extension RedisClient {
    /// Creates a client with these settings.
    ///
    /// - Parameter name: Shown by `CLIENT LIST`.
    public convenience init(_ settings: RedisSettings, role: Role = .shared, name: String, logger: Logger) {
        var configuration = settings.configuration
        configuration.clientName = name
        self.init(configuration: configuration, role: role, logger: logger)
    }
}
