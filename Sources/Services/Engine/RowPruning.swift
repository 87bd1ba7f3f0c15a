import Logging
import Marketplace
import ServiceLifecycle

/// Deletes rows that have reached their end, every ten minutes, in small transactions.
struct RowPruning: ServiceLifecycle.Service {
    /// Deletes at most `limit` rows that have reached their end at `now`, and returns their number.
    typealias Deletion = @Sendable (_ now: Timestamp, _ limit: Int) async throws -> Int

    /// A noun phrase that begins the log line of a failure.
    let name: String
    let logger: Logger
    var clock: @Sendable () -> Timestamp = { .now() }
    var interval: Duration = .seconds(600)
    var limit = 1000
    let deletions: [Deletion]

    func run() async throws {
        // A deletion that fails does not stop the others.
        await withTaskGroup(of: Void.self) { group in
            for deletion in deletions {
                group.addTask {
                    await PeriodicTask(every: interval, jitter: 0.2, name: name, logger: logger).run { _ in
                        while try await deletion(clock(), limit) == limit {}
                    }
                }
            }
        }
    }
}
