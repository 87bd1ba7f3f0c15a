package import Bootstrap
package import Marketplace
package import Storage
import Streams

/// Keeps accounts, sessions and bans.
package struct UsersService: ServiceDefinition {
    package let name = ServiceName.users

    package let migrations: [Migration]? = [
        Migration(.users, "V0001_users", PackageResources.V0001_users_sql),
        Migration(.users, "V0007_accounts", PackageResources.V0007_accounts_sql),
        Migration(.users, "V0018_rotated_tokens", PackageResources.V0018_rotated_tokens_sql),
        Migration(.users, "V0020_ended_sessions", PackageResources.V0020_ended_sessions_sql),
        Migration(.users, "V0021_security_log", PackageResources.V0021_security_log_sql),
        Migration(.users, "V0039_frozen_orders", PackageResources.V0039_frozen_orders_sql),
        Migration(.users, "V0048_security_log_by_kind", PackageResources.V0048_security_log_by_kind_sql),
        Migration(.users, "V0049_security_log_by_address", PackageResources.V0049_security_log_by_address_sql),
    ]

    static let refreshGraceSeconds = Variable(
        "REFRESH_GRACE_SECONDS", "seconds", fallback: "`\(UsersRules.defaultRefreshGraceSeconds)`", readers: [.workers])

    static let sessionSeconds = Variable(
        "SESSION_SECONDS", "seconds", fallback: "`\(SessionLife.member.totalSeconds)`", readers: [.workers])
    static let sessionIdleSeconds = Variable(
        "SESSION_IDLE_SECONDS", "seconds", fallback: "`\(SessionLife.member.idleSeconds)`", readers: [.workers])
    static let adminSessionSeconds = Variable(
        "ADMIN_SESSION_SECONDS", "seconds", fallback: "`\(SessionLife.admin.totalSeconds)`", readers: [.workers])
    static let adminSessionIdleSeconds = Variable(
        "ADMIN_SESSION_IDLE_SECONDS", "seconds", fallback: "`\(SessionLife.admin.idleSeconds)`", readers: [.workers])

    static let securityLogDays = Variable(
        "SECURITY_LOG_DAYS", "days", fallback: "`\(UsersStore.defaultSecurityLogDays)`", readers: [.workers])

    package let settings = [
        refreshGraceSeconds, sessionSeconds, sessionIdleSeconds, adminSessionSeconds, adminSessionIdleSeconds,
        securityLogDays,
    ]

    package func workers(_ settings: SettingsReader) throws(SettingsError) -> WorkersBuilder {
        let rules = UsersRules(
            memberSession: try Self.sessionLife(settings, .member, Self.sessionSeconds, Self.sessionIdleSeconds),
            adminSession: try Self.sessionLife(
                settings, .admin, Self.adminSessionSeconds, Self.adminSessionIdleSeconds),
            refreshGrace: try settings.seconds(
                Self.refreshGraceSeconds, default: UsersRules.defaultRefreshGraceSeconds, in: 0...300))
        let logDays = try settings.integer(
            Self.securityLogDays, default: UsersStore.defaultSecurityLogDays, in: 1...3_650)
        let seal = CommandSeal(secrets: try settings.signingSecrets().map(\.exposed))
        return { process in
            let store = UsersStore(rules: rules)
            let engine = try process.engine(UsersHandler(store: store, seal: seal))
            let pool = engine.processor.pool
            let pruning = RowPruning(
                name: "Pruning of sessions and the security log", logger: process.logger,
                clock: engine.processor.clock,
                deletions: [
                    store.sessionDeletion(on: pool), store.tokenDeletion(on: pool),
                    store.securityLogDeletion(after: .seconds(logDays * 86_400), on: pool),
                ])
            return WorkerServices(background: [pruning]) + engine.services
        }
    }

    /// At most 30 days, because the cookie with the refresh token expires after that time.
    private static func sessionLife(
        _ settings: SettingsReader, _ fallback: SessionLife, _ total: Variable, _ idle: Variable
    ) throws(SettingsError) -> SessionLife {
        SessionLife(
            total: try settings.seconds(total, default: fallback.totalSeconds, in: 60...2_592_000),
            idle: try settings.seconds(idle, default: fallback.idleSeconds, in: 60...2_592_000))
    }
}

extension SessionLife {
    fileprivate var totalSeconds: Int { Int(total.components.seconds) }
    fileprivate var idleSeconds: Int { Int(idle.components.seconds) }
}
