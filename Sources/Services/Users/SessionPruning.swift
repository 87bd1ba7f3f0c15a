import Logging
import Marketplace
import PostgresClient
import ServiceLifecycle
import Storage

/// Deletes sessions, including ended ones, some time after their expiry. Deletes a rotated refresh token when the
/// maximum length of a session has passed since the rotation. Until then, a reuse of the token ends its session.
struct SessionPruning: ServiceLifecycle.Service {
    let store: UsersStore
    /// The time for which a rotated token is kept: the maximum length of a session.
    let tokenRetention: Duration
    let pool: PostgresPool
    let logger: Logger
    var clock: @Sendable () -> Timestamp = { .now() }
    var interval: Duration = .seconds(600)
    /// The time for which an expired session is kept.
    var retention: Duration = .seconds(86_400)
    var limit = 1000

    func run() async throws {
        await PeriodicTask(every: interval, jitter: 0.2, name: "Session pruning", logger: logger).run { _ in
            while try await prune(at: clock()) == limit {}
            while try await pruneTokens(at: clock()) == limit {}
        }
    }

    /// - Returns: The number of deleted sessions.
    func prune(at now: Timestamp) async throws -> Int {
        try await store.pruneSessions(expiredBefore: now - retention, limit: limit, on: pool)
    }

    /// - Returns: The number of deleted tokens.
    func pruneTokens(at now: Timestamp) async throws -> Int {
        try await store.pruneTokens(rotatedBefore: now - tokenRetention, limit: limit, on: pool)
    }
}
