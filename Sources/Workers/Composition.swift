import Bootstrap
import CurlClient
import Logging
import Marketplace
import PostgresClient
import RedisClient
import ServiceLifecycle
import Storage
import Streams
import Stripe

/// Puts the pools of a process together.
struct Composition {
    let pools: Set<Marketplace.Service>
    let settings: Settings.Workers
    let logger: Logger
    /// Shared by all that does not block.
    let redis: RedisClient
    let keys: Keys
    let databases: DatabasePools
    /// Of each pool with a schema: the time that its database tells.
    let clocks: [Marketplace.Service: DatabaseClock]

    private static let name = "gittix-workers"

    init(pools: Set<Marketplace.Service>, settings: Settings.Workers, logger: Logger) async throws {
        self.pools = pools
        self.settings = settings
        self.logger = logger
        redis = RedisClient(settings.redis, name: Self.name, logger: logger)
        keys = Keys(prefix: settings.redis.keyPrefix)
        databases = try await DatabasePools(settings.databases, for: .working, name: Self.name, logger: logger)
        var clocks: [Marketplace.Service: DatabaseClock] = [:]
        for service in pools {
            clocks[service] = databases.pool(of: service).map { DatabaseClock(pool: $0, logger: logger) }
        }
        self.clocks = clocks
    }

    func run() async throws {
        try await StartChecks.redis(redis, settings.redis, logger: logger)
        try await StartChecks.databases(databases, logger: logger)
        for clock in clocks.values { try await clock.ask() }
        logger.info("Workers start.", metadata: ["pools": "\(pools.map(\.rawValue).sorted().joined(separator: " "))"])
        let services = try pools.sorted { $0.rawValue < $1.rawValue }
            .reduce(PoolServices()) { try $0 + self.services(of: $1) }
        try await Launch.run(services.all, logger: logger)
        await databases.close()
        await redis.close()
    }

    private func services(of pool: Marketplace.Service) throws -> PoolServices {
        switch pool {
        case .users:
            let rules = UsersRules(refreshGrace: settings.work.refreshGrace)
            let store = UsersStore(rules: rules)
            let engine = try engine(UsersHandler(store: store))
            let pruning = SessionPruning(
                store: store, pool: engine.processor.pool, logger: logger, clock: engine.processor.clock)
            return PoolServices(background: [pruning]) + engine.services
        case .tickets:
            return try engine(TicketsHandler()).services
        case .orders:
            let store = OrdersStore(rules: OrdersRules(hold: settings.work.hold))
            let engine = try engine(OrdersHandler(store: store))
            let sweep = OverdueSweep(
                processor: engine.processor, store: store, pool: engine.processor.pool, logger: logger,
                interval: settings.work.reconcileInterval)
            return engine.services + PoolServices(background: [sweep])
        case .payments:
            return try payments()
        case .expiration:
            return ExpirationPool(
                consumer: consumer(of: .expiration), deadlines: Deadlines(redis: redis, keys: keys),
                stream: EventStream(service: .expiration, redis: redis, keys: keys), logger: logger
            ).services
        }
    }

    private func payments() throws -> PoolServices {
        guard let stripe = settings.stripe else {
            preconditionFailure("the settings of the payments pool have Stripe's")
        }
        let parts = PaymentsParts(
            store: PaymentsStore(
                times: PaymentTimes(
                    firstLook: settings.work.reconcileInterval,
                    longestLook: max(settings.work.reconcileInterval, .seconds(300)))),
            requests: StripeRequests(publicURL: stripe.publicURL),
            replies: PaymentReplies(
                post: { [sender = ReplySender(redis: redis, keys: keys)] in try await sender.send($0) }, logger: logger)
        )
        let client = StripeClient(
            StripeConfiguration(secretKey: stripe.secretKey.exposed, apiBase: stripe.apiBase), curl: CurlClient())
        let engine = try engine(PaymentsHandler(parts))
        let runner = PaymentsRunner(
            parts, pool: engine.processor.pool,
            caller: StripeCaller(logger: logger) { request throws(StripeError) in try await client.send(request) },
            relay: engine.processor.relay, logger: logger, clock: engine.processor.clock)
        return engine.services + PoolServices(background: [runner])
    }

    /// What every service with a schema runs.
    private func engine<Handler: ServiceHandler>(_ handler: Handler) throws -> Engine<Handler> {
        guard let pool = databases.pool(of: handler.service), let clock = clocks[handler.service] else {
            preconditionFailure("the settings of a pool with a schema name its database")
        }
        return Engine(
            handler: handler, pool: pool, clock: clock, consumer: consumer(of: handler.service),
            stream: EventStream(service: handler.service, redis: redis, keys: keys),
            bound: StreamBound(entries: settings.work.streamBoundEntries), logger: logger)
    }

    private func consumer(of service: Marketplace.Service) -> StreamConsumer {
        var consumer = ConsumerSettings()
        consumer.batchSize = settings.work.batchSize
        consumer.claimIdle = settings.work.claimIdle
        consumer.heartbeatInterval = min(.seconds(1), settings.work.claimIdle / 4)
        // Deadlines are armed and disarmed in the order of the events.
        if service == .expiration { consumer.batchesInFlight = 1 }
        return StreamConsumer(
            service: service, redis: redis,
            blocking: RedisClient(settings.redis, role: .blocking, name: Self.name, logger: logger), keys: keys,
            settings: consumer, logger: logger)
    }
}
