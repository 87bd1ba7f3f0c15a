import Logging
import Marketplace
import PostgresClient
import ServiceLifecycle

/// Deletes entries of the security log after a set time, because they contain people's addresses.
struct SecurityLogPruning: ServiceLifecycle.Service {
    static let defaultRetentionDays = 180

    let store: UsersStore
    /// The time for which an entry is kept.
    let retention: Duration
    let pool: PostgresPool
    let logger: Logger
    var clock: @Sendable () -> Timestamp = { .now() }
    var interval: Duration = .seconds(600)
    var limit = 1000

    func run() async throws {
        await PeriodicTask(every: interval, jitter: 0.2, name: "Security log pruning", logger: logger).run { _ in
            while try await prune(at: clock()) == limit {}
        }
    }

    /// - Returns: The number of deleted entries.
    func prune(at now: Timestamp) async throws -> Int {
        try await store.pruneSecurityLog(before: now - retention, limit: limit, on: pool)
    }
}
