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
    let payments: PaymentReads
    let tokens: AccessTokens
    let keys: DerivedKeys
    let redis: RedisClient
    let keyPrefix: String
    let bans: BanList
    let readiness: Readiness
    let web: WebSettings
    let pages: Pages
    /// The one of this process: its limits are for all that hash.
    let hasher = PasswordHasher(parallelism: 2, queueLimit: 256)

    func router(live: LiveRoutes) -> Router<APIContext> {
        let router = Router(context: APIContext.self, options: [.autoGenerateHeadEndpoints])
        OperationsRoutes(readiness: readiness).add(to: router)
        let webhook = StripeWebhook(gateway: gateway, secrets: web.stripeWebhookSecrets.map(\.exposed))
        router.post("/webhooks/stripe") { request, context in try await webhook.handle(request, context) }

        let open = router.group().add(middleware: OriginMiddleware(check: OriginCheck(ownOrigin: web.publicURL)))
        let users = userRoutes
        users.addOpen(to: open.group("/api/users"))

        let known = open.group().add(middleware: authentication)
        users.add(to: known.group("/api/users"))
        AccountRoutes(account: ownAccount, users: self.users, cookies: cookies, keys: keys)
            .add(to: known.group("/api/users"))
        AdminRoutes(gateway: gateway, users: self.users, orders: orders, keys: keys).add(to: known.group("/api/admin"))
        TicketRoutes(gateway: gateway, tickets: tickets, keys: keys).add(to: known.group("/api/tickets"))
        OrderRoutes(gateway: gateway, orders: orders, tickets: tickets, keys: keys).add(to: known.group("/api/orders"))
        PaymentRoutes(gateway: gateway, orders: orders, keys: keys).add(to: known.group("/api/payments"))
        CommandRoutes(watch: CommandWatch(transport: transport)).add(to: known.group("/api/commands"))

        live.add(to: known.group("/live"))

        pages.assets.add(to: router)
        FindingRoutes(publicURL: pages.publicURL, tickets: tickets).add(to: router)
        addPages(to: router)
        return router
    }

    private func addPages(to router: Router<APIContext>) {
        let errors = PageErrors(pages: pages)
        // The errors twice: of the handlers, before the session's cookies are set, and of telling who asks.
        let open = router.group().add(middleware: errors)
            .add(middleware: OriginMiddleware(check: OriginCheck(ownOrigin: web.publicURL)))
        let users = userRoutes
        let signing = SignPages(
            signUp: users.signUp, password: users.password, sessions: sessions, pages: pages, keys: keys)
        signing.addOpen(to: open)
        let known = open.group().add(middleware: pageAuthentication).add(middleware: errors)
        signing.add(to: known)
        AccountPages(account: ownAccount, users: self.users, cookies: cookies, pages: pages, keys: keys).add(to: known)
        AdminUserPages(pages: pages, gateway: gateway, users: self.users, keys: keys).add(to: known)
        AdminOrderPages(pages: pages, users: self.users, orders: orders, payments: payments, keys: keys).add(to: known)
        WaitingPages(watch: CommandWatch(transport: transport), pages: pages).add(to: known)
        BrowsePages(pages: pages, tickets: tickets, keys: keys).add(to: known)
        TicketPages(pages: pages, tickets: tickets, orders: orders).add(to: known)
        HoldPages(pages: pages, gateway: gateway, tickets: tickets, orders: orders, keys: keys).add(to: known)
        SellPages(
            pages: pages, gateway: gateway, tickets: tickets, keys: keys, defaultCurrency: web.defaultCurrency
        ).add(to: known)
        EditPages(pages: pages, gateway: gateway, tickets: tickets, keys: keys).add(to: known)
        ListingPages(pages: pages, gateway: gateway, tickets: tickets, keys: keys).add(to: known)
        OrderPages(pages: pages, gateway: gateway, orders: orders, payments: payments, keys: keys).add(to: known)
    }

    /// Answers what has no route: with a page where a page would be, and to who is there.
    func answerUnrouted(_ problem: Problem, _ request: Request, _ context: APIContext) async -> Response {
        let path = request.uri.path
        let isForPrograms = ["/api/", "/live/", "/webhooks/"].contains { path.hasPrefix($0) }
        guard !isForPrograms, request.headers[.accept]?.contains("text/html") ?? false else {
            return problem.response(path: path, requestID: context.requestID)
        }
        let errors = PageErrors(pages: pages)
        do {
            return try await pageAuthentication.handle(request, context: context) { request, context in
                errors.answer(problem, request, context)
            }
        } catch {
            return errors.answer(error, request, context)
        }
    }

    private var pageAuthentication: Authentication {
        var authentication = authentication
        let errors = PageErrors(pages: pages)
        authentication.tell = { errors.answer($0, $1, $2) }
        return authentication
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

    private var addresses: ClientAddress { ClientAddress(trustedProxies: web.trustedProxies) }

    private var attempts: AttemptLimits {
        AttemptLimits(
            redis: redis, keyPrefix: keyPrefix, keys: keys,
            perMinute: [
                .signUp: web.signUpsPerMinute, .signIn: web.signInsPerMinute,
                .accountSignIn: web.accountSignInsPerMinute, .ownPassword: web.accountSignInsPerMinute,
            ])
    }

    private var ownAccount: OwnAccount {
        OwnAccount(gateway: gateway, users: users, hasher: hasher, attempts: attempts, addresses: addresses)
    }

    private var passwordCheck: PasswordCheck {
        PasswordCheck(users: users, hasher: hasher, attempts: attempts, addresses: addresses)
    }

    private var userRoutes: UserRoutes {
        UserRoutes(
            signUp: SignUpRoute(
                gateway: gateway, hasher: hasher, sessions: sessions, attempts: attempts, addresses: addresses,
                keys: keys),
            password: passwordCheck, sessions: sessions, renewal: renewal, gateway: gateway, users: users, bans: bans)
    }
}
