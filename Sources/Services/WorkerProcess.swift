package import Bootstrap
package import Logging
package import Marketplace
package import RedisClient
import Storage
package import Streams

/// The shared resources of one worker process. The process's services use them to build their consumers and background
/// tasks.
package struct WorkerProcess: Sendable {
    package let logger: Logger
    package let work: WorkSettings
    package let topology: ServiceTopology
    /// The connection for commands that do not block.
    package let redis: RedisClient
    package let keys: Keys
    private let gate = HandlingGate()

    private let redisSettings: RedisSettings
    private let databases: DatabasePools
    /// The clock of each service with a schema.
    private let clocks: [ServiceName: DatabaseClock]

    private static let name = "gittix-workers"

    package init(_ services: [ServiceName], settings: Settings.Workers, logger: Logger) async throws {
        self.logger = logger
        work = settings.work
        topology = ServiceRegistry.topology
        redisSettings = settings.redis
        redis = RedisClient(settings.redis, name: Self.name, logger: logger)
        keys = Keys(prefix: settings.redis.keyPrefix)
        let databases = try await DatabasePools(settings.databases, for: .working, name: Self.name, logger: logger)
        self.databases = databases
        clocks = Dictionary(
            uniqueKeysWithValues: services.compactMap { service in
                databases.pool(of: service).map { (service, DatabaseClock(pool: $0, logger: logger)) }
            })
    }

    /// Waits for Redis and the databases.
    ///
    /// - Throws: `StartError` if one does not answer, or has settings that could lose data.
    package func checkStores() async throws {
        try await StartChecks.redis(redis, redisSettings, logger: logger)
        try await StartChecks.databases(databases, logger: logger)
        for clock in clocks.values { try await clock.ask() }
    }

    package func close() async {
        await databases.close()
        await redis.close()
    }

    /// Returns the tasks that every service with a schema runs: a consumer, a relay, a retention pruner, and the sweeps
    /// of its work and timers.
    package func engine<Handler: ServiceHandler>(_ handler: Handler) throws -> ServiceEngine<Handler> {
        guard let pool = databases.pool(of: handler.service), let clock = clocks[handler.service] else {
            preconditionFailure("service \(handler.service) has no database")
        }
        return ServiceEngine(
            handler: handler, copies: ServiceRegistry.copies(of: handler.service), pool: pool, clock: clock,
            consumer: consumer(of: handler.service), senders: senders(of: handler.service),
            stream: EventStream(service: handler.service, redis: redis, keys: keys),
            deadLetters: DeadLetters(service: handler.service, redis: redis, keys: keys),
            followers: topology.followers(of: handler.service),
            timers: ServiceRegistry.timers.filter { $0.name.service == handler.service }.map(active),
            timerSweepInterval: work.reconcileInterval, bound: StreamBound(entries: work.streamBoundEntries),
            logger: logger)
    }

    private func senders(of service: ServiceName) -> CommandSenders {
        CommandSenders(
            authenticator: CommandAuthenticator(secrets: work.signingSecrets.map(\.exposed)),
            timerCommands: ServiceRegistry.timerCommands(of: service), acceptsUnsigned: work.acceptsUnsignedCommands)
    }

    /// Returns a declared timer with its due times in Redis.
    func active(_ timer: ServiceTimer) -> ActiveTimer {
        ActiveTimer(timer, timers: Timers(timer.name, redis: redis, keys: keys))
    }

    /// Returns the consumer of a service's commands and of the events that it follows.
    ///
    /// - Parameter adjust: Changes the consumer's settings.
    package func consumer(
        of service: ServiceName, adjust: (inout ConsumerSettings) -> Void = { _ in }
    ) -> StreamConsumer {
        var settings = ConsumerSettings()
        settings.batchSize = work.batchSize
        settings.claimIdle = work.claimIdle
        settings.heartbeatInterval = min(.seconds(1), work.claimIdle / 4)
        adjust(&settings)
        return StreamConsumer(
            service: service, follows: topology.follows(service), redis: redis,
            blocking: redis.waiting(redisSettings, name: Self.name, logger: logger), keys: keys,
            settings: settings, gate: gate, logger: logger)
    }
}
