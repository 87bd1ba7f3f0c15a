import Bootstrap
import Logging
import Marketplace
import RedisClient
import ServiceLifecycle
import Streams

/// What makes pages live, put together.
struct Live: Sendable {
    let routes: LiveRoutes
    /// Stops after the server.
    let keeper: LiveKeeper
    /// Stops before the server, which waits for every answer to come to its end.
    let ending: Ending

    static func make(_ settings: Settings.API, _ parts: Parts, logger: Logger) -> Live {
        let web = settings.web
        let fragments = LiveFragments(pages: parts.pages, logger: logger)
        let hub = LiveHub(
            limits: LiveLimits(streams: web.streamLimit, perAddress: web.streamsPerAddress),
            render: { fragments.render($0, for: $1) })
        let reader = LiveTicketReader(hub: hub, orders: parts.orders, tickets: parts.tickets, logger: logger)
        let keys = Keys(prefix: settings.redis.keyPrefix)
        let followed = [Marketplace.Service.orders, .tickets].map { service in
            LiveKeeper.Followed(
                service, redis: parts.redis,
                blocking: RedisClient(settings.redis, role: .blocking, name: "API live \(service)", logger: logger),
                keys: keys, logger: logger)
        }
        return Live(
            routes: LiveRoutes(
                hub: hub, reader: reader, orders: parts.orders,
                addresses: ClientAddress(trustedProxies: web.trustedProxies)),
            keeper: LiveKeeper(
                hub: hub, reader: reader, orders: parts.orders, bans: parts.bans, followed: followed, logger: logger),
            ending: Ending(hub: hub))
    }

    /// Ends the streams when the process is asked to stop.
    struct Ending: ServiceLifecycle.Service {
        let hub: LiveHub

        func run() async throws {
            try? await gracefulShutdown()
            hub.close()
        }
    }
}
