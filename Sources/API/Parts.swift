import Bootstrap
import Hummingbird
import Marketplace
import Passwords
import RedisClient
import Storage

/// What the routes are made of.
struct Parts: Sendable {
    let transport: any CommandTransport
    let gateway: CommandGateway
    let users: UserReads
    let tickets: TicketReads
    let orders: OrderReads
    let tokens: AccessTokens
    let keys: DerivedKeys
    let redis: RedisClient
    let keyPrefix: String
    let bans: BanList
    let readiness: Readiness
    let web: WebSettings

    func router() -> Router<APIContext> {
        let router = Router(context: APIContext.self, options: [.autoGenerateHeadEndpoints])
        OperationsRoutes(readiness: readiness).add(to: router)
        let webhook = StripeWebhook(gateway: gateway, secrets: web.stripeWebhookSecrets.map(\.exposed))
        router.post("/webhooks/stripe") { request, context in try await webhook.handle(request, context) }

        let open = router.group().add(middleware: OriginMiddleware(check: OriginCheck(ownOrigin: web.publicURL)))
        let users = userRoutes
        users.addOpen(to: open.group("/api/users"))

        let known = open.group().add(middleware: authentication)
        users.add(to: known.group("/api/users"))
        TicketRoutes(gateway: gateway, tickets: tickets, keys: keys).add(to: known.group("/api/tickets"))
        OrderRoutes(gateway: gateway, orders: orders, tickets: tickets, keys: keys).add(to: known.group("/api/orders"))
        PaymentRoutes(gateway: gateway, orders: orders, keys: keys).add(to: known.group("/api/payments"))
        CommandRoutes(transport: transport).add(to: known.group("/api/commands"))
        WebRoutes(gateway: gateway, orders: orders).add(to: known)
        return router
    }

    private var cookies: SessionCookies {
        SessionCookies(
            secure: web.publicURL.hasPrefix("https://"), accessLife: web.accessTokenLife,
            refreshLife: UsersRules().sessionLife, secrets: RefreshSecrets(keys: keys))
    }

    private var sessions: SessionStart { SessionStart(gateway: gateway, tokens: tokens, cookies: cookies) }

    private var renewal: SessionRenewal {
        SessionRenewal(gateway: gateway, tokens: tokens, secrets: RefreshSecrets(keys: keys))
    }

    private var authentication: Authentication {
        Authentication(tokens: tokens, cookies: cookies, renewal: renewal, bans: bans)
    }

    private var userRoutes: UserRoutes {
        let hasher = PasswordHasher(parallelism: 2, queueLimit: 256)
        let addresses = ClientAddress(trustedProxies: web.trustedProxies)
        let attempts = AttemptLimits(
            redis: redis, keyPrefix: keyPrefix, keys: keys,
            perMinute: [
                .signUp: web.signUpsPerMinute, .signIn: web.signInsPerMinute,
                .accountSignIn: web.accountSignInsPerMinute,
            ])
        return UserRoutes(
            signUp: SignUpRoute(
                gateway: gateway, hasher: hasher, sessions: sessions, attempts: attempts, addresses: addresses,
                keys: keys),
            password: PasswordCheck(users: users, hasher: hasher, attempts: attempts, addresses: addresses),
            sessions: sessions, renewal: renewal, gateway: gateway, users: users, bans: bans)
    }
}
