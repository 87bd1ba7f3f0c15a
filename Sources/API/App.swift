import Bootstrap
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import Marketplace
import NIOCore
import NIOPosix
import Passwords
import PostgresClient
import RedisClient
import ServiceLifecycle
import Storage
import Streams

/// The API process, put together: its server, and the services that it needs running.
struct App: Sendable {
    /// To be run together; they stop in the opposite order: the event streams end first, then the server.
    let services: [any ServiceLifecycle.Service]
    let routes: RouteTable

    /// - Parameters:
    ///   - bodyTime: how long the body of a request may take to come.
    ///   - ready: called once, with the port, when the server listens and the list of bans is built.
    static func build(
        _ settings: Settings.API, logger: Logger, bodyTime: Duration = .seconds(10),
        ready: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> App {
        let web = settings.web
        var configuration = settings.redis.configuration
        configuration.clientName = "API"
        // A client is told 503 soon rather than kept waiting for a Redis that is away.
        configuration.commandTimeout = .seconds(2)
        // A command leaves on the loop of its request.
        let clients = ByLoop(atMost: 4) {
            RedisClient(configuration: configuration, logger: logger, eventLoopGroup: $0)
        }
        let redis = clients.here
        try await StartChecks.redis(redis, settings.redis, logger: logger)
        let pools = try await DatabasePools(settings.databases, for: .reading, name: "gittix API", logger: logger)
        try await StartChecks.databases(pools, logger: logger)
        let pool = { (service: Marketplace.Service) throws in
            guard let pool = pools.pool(of: service) else { throw StartError("no database is set for \(service)") }
            return pool
        }

        let keys = Keys(prefix: settings.redis.keyPrefix)
        configuration = settings.redis.configuration
        configuration.clientName = "API replies"
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let replies = ReplyStream(
            blocking: RedisClient(configuration: configuration, role: .blocking, logger: logger, eventLoopGroup: loop),
            keys: keys, logger: logger)
        let transport = StreamTransport(
            clients: clients, keys: keys, replies: replies,
            backlog: Backlog(redis: redis, keys: keys, limits: .init(length: web.shedBacklog, age: web.shedAge)),
            search: CommandSearch(redis: redis, keys: keys),
            pools: try Dictionary(
                uniqueKeysWithValues: Marketplace.Service.allCases.filter(\.hasSchema).map { ($0, try pool($0)) }))

        let (built, builtContinuation) = AsyncStream.makeStream(of: Never.self)
        let (keeper, bans) = BanListKeeper.make(settings, users: try pool(.users), redis: redis, logger: logger) {
            builtContinuation.finish()
        }

        let readiness = Readiness(
            redis: redis,
            pools: pools.all.map { one in
                (one, Marketplace.Service.allCases.filter { pools.pool(of: $0) === one })
            }, bans: bans)
        let parts = Parts(
            transport: transport, gateway: CommandGateway(transport: transport, usualWait: web.commandWait),
            users: UserReads(try pool(.users)), tickets: TicketReads(try pool(.tickets)),
            orders: OrderReads(try pool(.orders)), payments: PaymentReads(try pool(.payments)),
            tokens: await AccessTokens(secrets: web.signingSecrets.map(\.exposed), life: web.accessTokenLife),
            keys: DerivedKeys(secrets: web.signingSecrets.map(\.exposed)), redis: redis,
            keyPrefix: settings.redis.keyPrefix, bans: bans, readiness: readiness, web: web,
            pages: Pages(
                templates: try Templates(), assets: Assets(), publicURL: web.publicURL,
                checkoutOrigin: web.checkoutOrigin))
        let live = Live.make(settings, parts, logger: logger)
        let router = parts.router(live: live.routes)
        let routes = RouteTable(router)
        let front = Front(
            inner: router.buildResponder(), log: AnswerLog(logger), routes: routes,
            secure: web.publicURL.hasPrefix("https://"),
            bodyTime: bodyTime, unrouted: { await parts.answerUnrouted($0, $1, $2) })
        let server = Application(
            responder: front, server: .http1OnItsLoop(configuration: Self.http),
            configuration: ApplicationConfiguration(
                address: .hostname(web.host, port: web.port), backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(web.connectionLimit, logger: logger)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? web.port
                // Not awaited: the server takes connections meanwhile, and tells the host by /readyz that it is not ready.
                Task {
                    for await _ in built {}
                    logger.notice("ready", metadata: ["port": "\(port)", "url": "\(web.publicURL)"])
                    ready(port)
                }
            }, logger: logger)
        return App(
            services: [
                Closing(pools: pools, redis: clients.all), ReplyReading(replies: replies, loop: loop), keeper,
                live.keeper,
                Serving(server: server, replies: replies), live.ending,
            ],
            routes: routes)
    }

    /// Every limit of a connection and of what a request brings along before its body.
    private static var http: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            additionalChannelHandlers: [UnreadableRequest(), ClosingAnswer()], idleTimeout: .seconds(60),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 8 * 1024, maxHeaderListSize: 16 * 1024, maxHeaderFieldCount: 64))
    }
}

/// Reads the replies for as long as requests may wait for them.
private struct ReplyReading: ServiceLifecycle.Service {
    let replies: ReplyStream
    let loop: any EventLoop

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskExecutorPreference(LoopExecutor.of(loop)) { await replies.run() }
        }
    }
}

/// The server. When it is asked to stop, the waits for replies end soon: clients are told 202 rather than cut off.
private struct Serving<Server: ServiceLifecycle.Service>: ServiceLifecycle.Service {
    let server: Server
    let replies: ReplyStream
    /// How long a wait may still last.
    private static var patience: Duration { .seconds(5) }

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await server.run()
        } onGracefulShutdown: {
            replies.endWaits(by: .now + Self.patience)
        }
    }
}

/// Closes the connections once everything that used them has stopped.
private struct Closing: ServiceLifecycle.Service {
    let pools: DatabasePools
    let redis: [RedisClient]

    func run() async throws {
        try? await gracefulShutdown()
        await pools.close()
        for client in redis { await client.close() }
    }
}
