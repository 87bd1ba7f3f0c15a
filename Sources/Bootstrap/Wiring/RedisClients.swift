public import Logging
public import RedisClient
public import Streams

/// A process's connections to Redis: one that its tasks share, and one for each that blocks.
public struct RedisClients: Sendable {
    public let shared: RedisClient
    public let keys: Keys
    private let configuration: RedisConfiguration
    private let logger: Logger

    public init(_ settings: RedisSettings, name: String, logger: Logger) {
        var configuration = settings.configuration
        configuration.clientName = name
        self.configuration = configuration
        self.logger = logger
        keys = Keys(prefix: settings.keyPrefix)
        shared = RedisClient(configuration: configuration, logger: logger)
    }

    /// A further connection, for one reader that blocks.
    public func blocking() -> RedisClient {
        RedisClient(configuration: configuration, role: .blocking, logger: logger)
    }
}
