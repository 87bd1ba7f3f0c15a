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
import Services
import Storage
import Streams

/// The API process: its server, and the services that it needs.
struct App: Sendable {
    /// Services to run together. They stop in reverse order: first the drain ends, then the event streams, then the
    /// server.
    let services: [any ServiceLifecycle.Service]
    let routes: RouteTable

    /// - Parameters:
    ///   - bodyTimeout: maximum time for the body of a request to arrive.
    ///   - drain: delays the stop, so that clients can move to another process; by default for the time in the
    ///     settings.
    ///   - banWait: maximum time that a request waits for a list of bans that is out of date.
    ///   - onReady: called once with the port, when the server listens and the list of bans is built.
    static func build(
        _ settings: Settings.API, logger: Logger, bodyTimeout: Duration = RequestLimits.bodyTimeout,
        drain: Drain? = nil, banWait: Duration = BanList.maxWait, onReady: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> App {
        let web = settings.web
        let drain = drain ?? Drain(duration: web.drain)
        var configuration = settings.redis.configuration
        configuration.clientName = "API"
        // Short, so that clients get a 503 soon while Redis is unavailable.
        configuration.commandTimeout = .seconds(2)
        // A request uses the client of its event loop. If there are more event loops than clients, several share a
        // client.
        let clients = PerEventLoop(atMost: settings.redis.connections == .one ? 1 : 4) {
            RedisClient(configuration: configuration, logger: logger, eventLoopGroup: $0)
        }
        let redis = clients.current
        try await StartChecks.redis(redis, settings.redis, logger: logger)
        let pools = try await DatabasePools(settings.databases, for: .reading, name: "gittix API", logger: logger)
        try await StartChecks.databases(pools, logger: logger)
        let pool = { (service: ServiceName) throws in
            guard let pool = pools.pool(of: service) else {
                throw StartError("no database is configured for the service \(service)")
            }
            return pool
        }

        let keys = Keys(prefix: settings.redis.keyPrefix)
        configuration = settings.redis.configuration
        configuration.clientName = "API replies"
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let waiting =
            switch settings.redis.connections {
            case .several:
                RedisClient(configuration: configuration, role: .blocking, logger: logger, eventLoopGroup: loop)
            case .one: redis
            }
        let replies = ReplyStream(blocking: waiting, keys: keys, logger: logger)
        let transport = StreamTransport(
            clients: clients, keys: keys, replies: replies,
            backlog: Backlog(redis: redis, keys: keys, limits: .init(length: web.shedBacklog, age: web.shedAge)),
            search: CommandSearch(redis: redis, keys: keys),
            pools: try Dictionary(
                uniqueKeysWithValues: ServiceRegistry.topology.withSchema.map { ($0, try pool($0)) }),
            authenticator: CommandAuthenticator(secrets: web.signingSecrets.map(\.exposed)))

        let (built, builtContinuation) = AsyncStream.makeStream(of: Never.self)
        let endedSessions = EndedSessions()
        let (banUpdater, bans) = BanListUpdater.make(
            settings, endedSessions: endedSessions, maxWait: banWait, users: try pool(.users), redis: redis,
            logger: logger
        ) {
            builtContinuation.finish()
        }

        let readiness = Readiness(
            redis: redis, keys: keys,
            pools: pools.all.map { pool in
                (pool, ServiceRegistry.topology.names.filter { pools.pool(of: $0) === pool })
            }, bans: bans, drain: drain, logger: logger)
        let searches = SearchLimiters()
        let listings = ListingReads(try pool(.listings), limiters: searches)
        let orders = OrderReads(try pool(.orders))
        let secrets = web.signingSecrets.map(\.exposed)
        let derivedKeys = DerivedKeys(secrets: secrets)
        let pages = Pages(
            templates: try Templates(), assets: Assets(), publicURL: web.publicURL, checkoutOrigin: web.checkoutOrigin)
        let live = Live.make(
            settings, pages: pages, listings: listings, orders: orders, redis: redis, bans: bans,
            endedSessions: endedSessions, logger: logger)
        let openAPI = CompressibleBody(
            compressing: try Routes.openAPI(
                publicURL: web.publicURL,
                cookie: SessionCookies.accessName(isSecure: web.publicURL.hasPrefix("https://")))
        )
        let dependencies = APIDependencies(
            web: web, pages: pages, transport: transport,
            gateway: CommandGateway(
                transport: transport,
                budget: CommandBudget(
                    perMinute: web.commandsPerMinute, redis: redis, keyPrefix: settings.redis.keyPrefix),
                seal: CommandSeal(secrets: secrets),
                defaultWait: web.commandWait),
            users: UserReads(try pool(.users)), listings: listings, orders: orders,
            payments: PaymentReads(try pool(.payments)),
            catalogue: CatalogueReads(try pool(.catalogue), limiters: searches),
            databases: pools,
            tokens: AccessTokens(secrets: secrets, lifetime: web.accessTokenLife), keys: derivedKeys, bans: bans,
            endedSessions: endedSessions,
            budgets: AddressBudgets(
                searches: AddressBudget("searches", perMinute: web.searchesPerMinute),
                dates: AddressBudget("event pages", perMinute: 5 * web.searchesPerMinute),
                renewals: AddressBudget("renewals", perMinute: web.renewalsPerMinute)),
            signInLimits: SignInLimits(web, redis: redis, keyPrefix: settings.redis.keyPrefix, keys: derivedKeys),
            guesses: PasswordGuesses(
                perMinute: web.accountSignInsPerMinute, redis: redis, keyPrefix: settings.redis.keyPrefix,
                keys: derivedKeys),
            hasher: PasswordHasher(parallelism: 2, queueLimit: 256), live: live, openAPI: openAPI,
            readiness: readiness)
        let router = Routes.router(dependencies)
        let routes = RouteTable(router)
        let responder = RootResponder(
            inner: router.buildResponder(), log: AccessLog(logger), addresses: dependencies.addresses, routes: routes,
            isSecure: web.publicURL.hasPrefix("https://"), bodyTimeout: bodyTimeout,
            unrouted: UnroutedResponder(
                authentication: dependencies.pageAuthentication, errors: PageErrors(pages: pages)))
        // Not an `Application`, which gives each request a logger and a task-local value that nobody needs.
        let server = try HTTPServerBuilder.http(
            .init(
                drain: drain,
                addresses: web.trustedProxies == 0 ? AddressConnections(limit: web.connectionsPerAddress) : nil,
                isSecure: responder.isSecure)
        ).buildServer(
            configuration: ServerConfiguration(
                address: .hostname(web.host, port: web.port), backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(web.connectionLimit, logger: logger)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger
        ) { request, writer, channel in
            let response = await responder.response(
                to: request, context: APIContext(source: .init(channel: channel, logger: logger)))
            try await writer.write(response: response.head, body: response.body)
        } onServerRunning: { channel in
            let port = channel.localAddress?.port ?? web.port
            // Not awaited: the server already accepts connections, and /readyz reports that it is not ready.
            Task {
                for await _ in built {}
                logger.notice("API is ready", metadata: ["port": .stringConvertible(port), "url": "\(web.publicURL)"])
                onReady(port)
            }
        }
        return App(
            services: [
                ConnectionClosing(pools: pools, redis: clients.all), ReplyReading(replies: replies, loop: loop),
                banUpdater, live.updater, Serving(server: server, replies: replies), live.closing,
                drain,
            ],
            routes: routes)
    }
}

/// Reads replies while requests may wait for them.
private struct ReplyReading: ServiceLifecycle.Service {
    let replies: ReplyStream
    let loop: any EventLoop

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskExecutorPreference(EventLoopExecutor.of(loop)) { await replies.run() }
        }
    }
}

/// Runs the server. When the process is asked to stop, ends the waits for replies early, so that clients receive a 202
/// instead of a closed connection.
private struct Serving: ServiceLifecycle.Service {
    let server: any ServiceLifecycle.Service
    let replies: ReplyStream
    /// Maximum time that waits continue after the shutdown begins.
    private static var shutdownGrace: Duration { .seconds(5) }

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await server.run()
        } onGracefulShutdown: {
            replies.endWaits(by: .now + Self.shutdownGrace)
        }
    }
}

/// Closes the connections after all their users have stopped.
private struct ConnectionClosing: ServiceLifecycle.Service {
    let pools: DatabasePools
    let redis: [RedisClient]

    func run() async throws {
        try? await gracefulShutdown()
        await pools.close()
        for client in redis { await client.close() }
    }
}
