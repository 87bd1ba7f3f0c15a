import Bootstrap
import Logging
import Marketplace
import RedisClient
import ServiceLifecycle
import Services
import Streams

/// The parts of live pages.
struct Live: Sendable {
    let hub: LiveHub
    let reader: LiveListingReader
    /// Stops after the server.
    let updater: LiveUpdater

    /// Stops before the server, which waits for the end of every response.
    var closing: Closing { Closing(hub: hub) }

    static func make(
        _ settings: Settings.API, pages: Pages, listings: ListingReads, orders: OrderReads, redis: RedisClient,
        bans: BanList, endedSessions: EndedSessions, logger: Logger
    ) -> Live {
        let fragments = LiveFragments(pages: pages, logger: logger)
        let hub = LiveHub(
            limits: LiveLimits(streams: settings.web.streamLimit, perAddress: settings.web.streamsPerAddress),
            render: { fragments.render($0, for: $1) })
        let reader = LiveListingReader(hub: hub, orders: orders, listings: listings, logger: logger)
        let keys = Keys(prefix: settings.redis.keyPrefix)
        let followed = [ServiceName.orders, .listings].map { service in
            LiveUpdater.Followed(
                service, redis: redis,
                blocking: redis.waiting(settings.redis, name: "API live \(service)", logger: logger),
                keys: keys, logger: logger)
        }
        return Live(
            hub: hub, reader: reader,
            updater: LiveUpdater(
                hub: hub, reader: reader, orders: orders, bans: bans, endedSessions: endedSessions, followed: followed,
                logger: logger))
    }

    /// Ends all streams when the process is asked to stop.
    struct Closing: ServiceLifecycle.Service {
        let hub: LiveHub

        func run() async throws {
            try? await gracefulShutdown()
            hub.close()
        }
    }
}
