import Logging
import Marketplace
import PostgresClient
import ServiceLifecycle
import Synchronization

/// The time by the database's clock, which all workers of a service share: a machine whose own clock jumps ends no hold
/// early, and keeps no lease longer than it may.
///
/// The database is asked now and then, and the time that has passed since is measured by a clock that cannot be set.
final class DatabaseClock: ServiceLifecycle.Service {
    private struct Look {
        var time: Timestamp
        var at: ContinuousClock.Instant
    }

    private let pool: PostgresPool
    private let logger: Logger
    private let interval: Duration
    private let look = Mutex<Look?>(nil)

    init(pool: PostgresPool, logger: Logger, interval: Duration = .seconds(5)) {
        self.pool = pool
        self.logger = logger
        self.interval = interval
    }

    /// In whole milliseconds, as ``Timestamp/now()``. Behind the database by the time that its answer took, never ahead.
    @Sendable func now() -> Timestamp {
        // A process asks before it begins to work.
        guard let look = look.withLock({ $0 }) else { return .now() }
        let passed = look.at.duration(to: .now)
        return Timestamp(milliseconds: (look.time + passed).milliseconds)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: self.interval * Double.random(in: 0.8...1.2))
                do {
                    try await self.ask()
                } catch {
                    if Task.isCancelled { break }
                    self.logger.notice("The database was not asked for the time.", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    /// An answer that was long on its way tells little, and is only taken for want of another.
    func ask(within limit: Duration = .milliseconds(200)) async throws {
        let asked = ContinuousClock.now
        guard
            let time = try await pool.query("SELECT clock_timestamp() AS time").first?.decode(
                "time", as: Timestamp.self)
        else { return }
        let answered = ContinuousClock.now
        look.withLock { look in
            if look == nil || answered - asked < limit { look = Look(time: time, at: answered) }
        }
    }
}
