package import Bootstrap
import Engine
package import Marketplace
package import Storage

/// Keeps accounts, sessions and bans.
package struct UsersService: ServiceDefinition {
    package let name = ServiceName.users

    package let migrations: [Migration]? = [
        Migration(.users, "V0001_users", PackageResources.V0001_users_sql),
        Migration(.users, "V0007_accounts", PackageResources.V0007_accounts_sql),
        Migration(.users, "V0018_rotated_tokens", PackageResources.V0018_rotated_tokens_sql),
    ]

    static let refreshGraceSeconds = Variable(
        "REFRESH_GRACE_SECONDS", "seconds", fallback: "`10`", readers: [.workers])

    package let settings = [refreshGraceSeconds]

    package func workers(_ settings: SettingsReader) throws(SettingsError) -> WorkersBuilder {
        let rules = UsersRules(
            refreshGrace: try settings.seconds(Self.refreshGraceSeconds, default: 10, in: 0...300))
        return { process in
            let store = UsersStore(rules: rules)
            let engine = try process.engine(UsersHandler(store: store))
            let pruning = SessionPruning(
                store: store, tokenRetention: rules.sessionLife, pool: engine.processor.pool, logger: process.logger,
                clock: engine.processor.clock)
            return WorkerServices(background: [pruning]) + engine.services
        }
    }
}
