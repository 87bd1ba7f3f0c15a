import Logging
import Marketplace
import PostgresClient
import ServiceLifecycle
import Storage

/// Deletes sessions a while after they have run out, ended ones too: until then a token of theirs that is shown again is
/// known.
struct SessionPruning: ServiceLifecycle.Service {
    let store: UsersStore
    let pool: PostgresPool
    let logger: Logger
    var clock: @Sendable () -> Timestamp = { .now() }
    var interval: Duration = .seconds(600)
    /// How long a session is remembered after it has run out.
    var memory: Duration = .seconds(86_400)
    var limit = 1000

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    while try await prune(at: clock()) == limit {}
                } catch {
                    if Task.isCancelled { break }
                    logger.notice("Old sessions were not deleted.", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: interval * Double.random(in: 0.8...1.2))
            }
        }
    }

    /// - Returns: how many were deleted.
    func prune(at now: Timestamp) async throws -> Int {
        try await store.pruneSessions(expiredBefore: now - memory, limit: limit, on: pool)
    }
}
