package import Logging
package import Marketplace
package import PostgresClient
import ServiceLifecycle
import Synchronization

/// The database's time, which all workers of a service share. So if a machine's clock jumps, no hold ends early and no
/// lease lasts too long.
///
/// The database is asked every few seconds, and the time since then is measured with a monotonic clock.
package final class DatabaseClock: ServiceLifecycle.Service {
    private struct Reading {
        var time: Timestamp
        var at: ContinuousClock.Instant
    }

    private let pool: PostgresPool
    private let logger: Logger
    private let interval: Duration
    private let reading = Mutex<Reading?>(nil)

    package init(pool: PostgresPool, logger: Logger, interval: Duration = .seconds(5)) {
        self.pool = pool
        self.logger = logger
        self.interval = interval
    }

    /// Returns the time in whole milliseconds, like ``Timestamp/now()``. It is behind the database by at most the time
    /// that the last answer took, and never ahead.
    @Sendable package func now() -> Timestamp {
        // A process calls `ask` before it begins to work.
        guard let reading = reading.withLock({ $0 }) else { return .now() }
        let passed = reading.at.duration(to: .now)
        return Timestamp(milliseconds: (reading.time + passed).milliseconds)
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: self.interval * Double.random(in: 0.8...1.2))
                do {
                    try await self.ask()
                } catch {
                    if Task.isCancelled { break }
                    self.logger.notice("Could not read the database's time", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    /// Reads the database's time. A slow answer is imprecise, and is used only if there was no answer before.
    package func ask(within limit: Duration = .milliseconds(200)) async throws {
        let asked = ContinuousClock.now
        guard
            let time = try await pool.query("SELECT clock_timestamp() AS time").first?.decode(
                "time", as: Timestamp.self)
        else { return }
        let answered = ContinuousClock.now
        reading.withLock { reading in
            if reading == nil || answered - asked < limit { reading = Reading(time: time, at: answered) }
        }
    }
}
