import Logging
import Marketplace

extension Variable {
    // Process.
    static let environment = Variable(
        "ENVIRONMENT", "`production` or `development`", fallback: "`\(ProcessSettings.defaultEnvironment.rawValue)`")
    static let logFormat = Variable(
        "LOG_FORMAT", "`json` or `text`",
        fallback: "`\(ProcessSettings.defaultLogFormat(in: .production).rawValue)` in production, "
            + "`\(ProcessSettings.defaultLogFormat(in: .development).rawValue)` in development")
    static let logLevel = Variable(
        "LOG_LEVEL", "`trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`",
        fallback: "`\(ProcessSettings.defaultLogLevel.rawValue)`")

    // Servers.
    static let databaseURL = Variable(
        "DATABASE_URL", "URL", fallback: "none: required unless each service that the process runs has its own URL",
        isSecret: true)
    /// Documents the variables of all services with a schema. See ``databaseURL(of:)``.
    static let serviceDatabaseURL = Variable("SERVICE_DATABASE_URL", "URL", fallback: "`DATABASE_URL`", isSecret: true)
    static let apiDatabaseURL = Variable(
        "API_DATABASE_URL", "URL", fallback: "the services' own URLs", isSecret: true, readers: [.api])
    static let migrationDatabaseURL = Variable(
        "MIGRATION_DATABASE_URL", "URL", fallback: "`DATABASE_URL`", isSecret: true, readers: [.gittix])
    static let databasePoolSize = Variable(
        "DATABASE_POOL_SIZE", "connections for each database",
        fallback: "`API` \(DatabaseSettings.defaultAPIPoolSize), `Workers` twice its services + 1, "
            + "`gittix` \(DatabaseSettings.defaultOperatorPoolSize)")
    static let redisURL = Variable("REDIS_URL", "URL", isSecret: true)
    static let redisAllowSelfSigned = Variable("REDIS_ALLOW_SELF_SIGNED", "`true` or `false`", fallback: "`false`")
    static let redisCAFile = Variable("REDIS_CA_FILE", "path", fallback: "the system's certificates")
    static let databaseCAFile = Variable("DATABASE_CA_FILE", "path", fallback: "what the URL says")
    static let allowUnsafeStores = Variable("ALLOW_UNSAFE_STORES", "`true` or `false`", fallback: "`false`")
    static let redisKeyPrefix = Variable("REDIS_KEY_PREFIX", "text", fallback: "`\(RedisSettings.defaultKeyPrefix)`")
    static let redisConnections = Variable(
        "REDIS_CONNECTIONS", "`several` or `one`", fallback: "`\(RedisSettings.defaultConnections.rawValue)`",
        readers: [.api, .workers])
    static let redisEvictionCheck = Variable(
        "REDIS_EVICTION_CHECK", "`enforce` or `skip`", fallback: "`\(RedisSettings.defaultEvictionCheck.rawValue)`")

    // Web.
    static let host = Variable(
        "HOST", "address",
        fallback: "`\(WebSettings.defaultHost(in: .production))` in production, "
            + "`\(WebSettings.defaultHost(in: .development))` in development", readers: [.api])
    static let port = Variable("PORT", "TCP port", fallback: "`\(WebSettings.defaultPort)`", readers: [.api])
    static let publicURL = Variable(
        "PUBLIC_URL", "URL", fallback: "`http://localhost:PORT` in development; required in production",
        readers: [.api, .workers, .gittix])
    static let signingSecret = Variable(
        "SIGNING_SECRET", "32 characters or more; several, separated by commas", isSecret: true,
        readers: [.api, .workers, .gittix])
    static let acceptUnsignedCommands = Variable(
        "ACCEPT_UNSIGNED_COMMANDS", "`true` or `false`", fallback: "`false`", readers: [.workers])
    static let accessTokenSeconds = Variable(
        "ACCESS_TOKEN_SECONDS", "seconds", fallback: "`\(WebSettings.defaultAccessTokenSeconds)`", readers: [.api])
    static let commandWaitSeconds = Variable(
        "COMMAND_WAIT_SECONDS", "seconds", fallback: "`\(WebSettings.defaultCommandWaitSeconds)`", readers: [.api])
    static let shedBacklog = Variable(
        "SHED_BACKLOG", "entries", fallback: "`\(WebSettings.defaultShedBacklog)`", readers: [.api])
    static let shedAgeSeconds = Variable(
        "SHED_AGE_SECONDS", "seconds", fallback: "`\(WebSettings.defaultShedAgeSeconds)`", readers: [.api])
    static let trustedProxies = Variable(
        "TRUSTED_PROXIES", "proxies", fallback: "`\(WebSettings.defaultTrustedProxies)`", readers: [.api])
    static let signUpsPerMinute = Variable(
        "SIGN_UPS_PER_MINUTE", "sign-ups from one address", fallback: "`\(WebSettings.defaultSignUpsPerMinute)`",
        readers: [.api])
    static let signInsPerMinute = Variable(
        "SIGN_INS_PER_MINUTE", "sign-ins from one address", fallback: "`\(WebSettings.defaultSignInsPerMinute)`",
        readers: [.api])
    static let accountSignInsPerMinute = Variable(
        "ACCOUNT_SIGN_INS_PER_MINUTE", "wrong passwords of one account",
        fallback: "`\(WebSettings.defaultAccountSignInsPerMinute)`", readers: [.api])
    static let commandsPerMinute = Variable(
        "COMMANDS_PER_MINUTE", "commands of one user", fallback: "`\(WebSettings.defaultCommandsPerMinute)`",
        readers: [.api])
    /// The maximum number of units of one listing that a buyer may have. The orders service enforces it, and pages do
    /// not offer more.
    public static let unitsPerBuyer = Variable(
        "UNITS_PER_BUYER", "units of one listing", fallback: "`\(HoldLimits.defaultUnitsOfListing)`",
        readers: [.api, .workers])
    static let searchesPerMinute = Variable(
        "SEARCHES_PER_MINUTE", "searches from one address", fallback: "`\(WebSettings.defaultSearchesPerMinute)`",
        readers: [.api])
    static let renewalsPerMinute = Variable(
        "RENEWALS_PER_MINUTE", "renewals of sessions from one address",
        fallback: "`\(WebSettings.defaultRenewalsPerMinute)`", readers: [.api])
    static let defaultCurrency = Variable(
        "DEFAULT_CURRENCY", "ISO 4217 code", fallback: "`\(WebSettings.fallbackCurrency)`", readers: [.api])
    static let connectionLimit = Variable(
        "CONNECTION_LIMIT", "connections of clients", fallback: "`\(WebSettings.defaultConnectionLimit)`",
        readers: [.api])
    static let connectionsPerAddress = Variable(
        "CONNECTIONS_PER_ADDRESS", "connections of one address",
        fallback: "an eighth of `CONNECTION_LIMIT` in production, all of it in development", readers: [.api])
    static let drainSeconds = Variable(
        "DRAIN_SECONDS", "seconds",
        fallback: "`\(WebSettings.defaultDrainSeconds(in: .production))` in production, "
            + "`\(WebSettings.defaultDrainSeconds(in: .development))` in development", readers: [.api])
    static let securityContact = Variable("SECURITY_CONTACT", "URL", fallback: "none", readers: [.api])
    static let streamLimit = Variable(
        "STREAM_LIMIT", "event streams", fallback: "three quarters of `CONNECTION_LIMIT`", readers: [.api])
    static let streamsPerAddress = Variable(
        "STREAMS_PER_ADDRESS", "event streams of one address", fallback: "`\(WebSettings.defaultStreamsPerAddress)`",
        readers: [.api])

    // Stripe.
    static let stripeSecretKey = Variable(
        "STRIPE_SECRET_KEY", "Stripe's secret key", isSecret: true, readers: [.workers, .gittix])
    static let stripeWebhookSecret = Variable(
        "STRIPE_WEBHOOK_SECRET", "Stripe's signing secret; several, separated by commas, while one is being rolled",
        isSecret: true, readers: [.api])
    static let stripeAPIBase = Variable(
        "STRIPE_API_BASE", "URL", fallback: "`\(StripeSettings.defaultAPIBase)`", readers: [.api, .workers, .gittix])
    static let checkoutOrigin = Variable(
        "CHECKOUT_ORIGIN", "URL", fallback: "`\(WebSettings.defaultCheckoutOrigin)`, or another `STRIPE_API_BASE`",
        readers: [.api])

    // Imports.
    static let importHosts = Variable("IMPORT_HOSTS", "hosts", fallback: "none", readers: [.gittix])

    // Workers.
    static let batchSize = Variable(
        "BATCH_SIZE", "entries", fallback: "`\(WorkSettings.defaultBatchSize)`", readers: [.workers])
    static let claimIdleMS = Variable(
        "CLAIM_IDLE_MS", "milliseconds", fallback: "`\(WorkSettings.defaultClaimIdleMS)`", readers: [.workers])
    static let streamBoundEntries = Variable(
        "STREAM_BOUND_ENTRIES", "entries", fallback: "`\(WorkSettings.defaultStreamBoundEntries)`", readers: [.workers])
    static let reconcileSeconds = Variable(
        "RECONCILE_SECONDS", "seconds", fallback: "`\(WorkSettings.defaultReconcileSeconds)`",
        readers: [.workers, .gittix])

    /// The variables that do not belong to one service, in the order of the documentation.
    public static let all: [Variable] = [
        environment, logFormat, logLevel,
        databaseURL, serviceDatabaseURL, apiDatabaseURL, migrationDatabaseURL, databasePoolSize,
        databaseCAFile, redisURL, redisCAFile, redisAllowSelfSigned, allowUnsafeStores, redisKeyPrefix,
        redisEvictionCheck,
        redisConnections,
        host, port, publicURL, signingSecret, acceptUnsignedCommands, accessTokenSeconds, commandWaitSeconds,
        shedBacklog, shedAgeSeconds, trustedProxies, signUpsPerMinute, signInsPerMinute, accountSignInsPerMinute,
        commandsPerMinute, searchesPerMinute, renewalsPerMinute, unitsPerBuyer, defaultCurrency, connectionLimit,
        connectionsPerAddress, drainSeconds, securityContact, streamLimit, streamsPerAddress,
        stripeSecretKey, stripeWebhookSecret, stripeAPIBase, checkoutOrigin,
        importHosts, batchSize, claimIdleMS, streamBoundEntries, reconcileSeconds,
    ]
}
