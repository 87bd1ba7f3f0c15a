import Logging
import Marketplace
import PostgresClient
import ServiceLifecycle

/// Deletes drafts that their sellers have not changed for ``ListingDraft/lifetime``.
struct DraftPruning: ServiceLifecycle.Service {
    let store: ListingsStore
    let pool: PostgresPool
    let logger: Logger
    var clock: @Sendable () -> Timestamp = { .now() }
    var interval: Duration = .seconds(600)
    var limit = 1000

    func run() async throws {
        await PeriodicTask(every: interval, jitter: 0.2, name: "Draft pruning", logger: logger).run { _ in
            while try await prune(at: clock()) == limit {}
        }
    }

    /// - Returns: The number of deleted drafts.
    func prune(at now: Timestamp) async throws -> Int {
        try await store.pruneDrafts(unchangedSince: now - ListingDraft.lifetime, limit: limit, on: pool)
    }
}
