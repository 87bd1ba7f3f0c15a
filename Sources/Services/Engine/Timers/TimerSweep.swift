import Logging
import Marketplace
import ServiceLifecycle
import Streams

/// Makes a service's timer reliable: it acts on rows that are overdue because no command came, and sets timers that
/// Redis does not have.
///
/// Only timers of the next day are in Redis (``Timers/horizon``). Each sweep sets the timers whose due time has come
/// within a day since the previous sweep, or all timers of the next day if Redis has lost its data. So a timer may be
/// set years ahead, and a million of them cost Redis nothing until their day comes.
actor TimerSweep<Handler: ServiceHandler>: ServiceLifecycle.Service {
    struct Settings {
        var interval: Duration = .seconds(10)
        /// The time that the sweep waits for the command before it acts itself.
        var grace: Duration = .seconds(3)
        /// Maximum number of subjects in one transaction.
        var limit = 100
        /// The number of rows that one query reads in order to set their timers.
        var pageSize = 1000
    }

    private let timer: ServiceTimer
    private let timers: Timers
    private let processor: BatchProcessor<Handler>
    private let logger: Logger
    private let settings: Settings
    /// Subjects whose command failed. They are skipped for 1 to 60 minutes, longer after each failure. Usually the
    /// reason is that only a newer build can read their rows.
    private let failures = FailureMemory<TimerSubjectID> { .seconds(min(60 << min($0 - 1, 6), 3600)) }
    /// All timers that are due up to this time have been set in this incarnation of Redis's data.
    private var setUntil: (due: Timestamp, incarnation: String)?

    init(
        _ active: ActiveTimer, processor: BatchProcessor<Handler>, logger: Logger, settings: Settings = Settings()
    ) {
        timer = active.declaration
        timers = active.timers
        self.processor = processor
        self.settings = settings
        var logger = logger
        logger[metadataKey: "timer"] = "\(active.declaration.name.kind.rawValue)"
        self.logger = logger
    }

    nonisolated func run() async throws {
        await PeriodicTask(every: settings.interval, jitter: 0.2, name: "Timer sweep", logger: logger).run { _ in
            let now = self.processor.clock()
            // Overdue rows come first: they must not wait for a Redis that does not answer.
            _ = try await self.actOnOverdue(at: now)
            try await self.setUpcoming(at: now)
        }
    }

    /// Decides the commands of all overdue rows, each once. A command that fails does not affect the others, and is
    /// skipped for a while.
    ///
    /// - Returns: The number of commands decided.
    func actOnOverdue(at now: Timestamp) async throws -> Int {
        var last: DueTimer?
        var count = 0
        repeat {
            let start = ContinuousClock.now
            let found = try await timer.rows(
                following: last, until: now - settings.grace, except: failures.heldBack(at: now),
                limit: settings.limit, on: processor.pool)
            let failed = try await processor.performEach(try found.map { try message($0, at: now) })
            for index in failed {
                failures.fail(found[index].subject, at: now)
                logger.error(
                    "Could not act on an overdue timer; trying again later",
                    metadata: ["subject": "\(found[index].subject)"])
            }
            count += found.count - failed.count
            last = found.count == settings.limit ? found.last : nil
            // Other transactions get the locks in between: for half of the time, unless a slice takes more than a
            // second.
            if last != nil { try await Task.sleep(for: min(start.duration(to: .now), .seconds(1))) }
        } while last != nil
        if count > 0 { logger.info("Acted on overdue timers", metadata: ["timers": "\(count)"]) }
        return count
    }

    private func message(_ timer: DueTimer, at now: Timestamp) throws -> BatchProcessor<Handler>.Found {
        let payload = Payload(version: 1, body: try self.timer.body(of: timer))
        return .command(
            CommandHead(id: .new(at: now), actor: .nobody, at: now),
            try processor.handler.command(self.timer.command, payload))
    }

    /// Sets the timers whose due time has come within a day since the last call. Timers that are already set stay
    /// unchanged.
    func setUpcoming(at now: Timestamp) async throws {
        let incarnation = try await timers.incarnation()
        let start = setUntil.flatMap { $0.incarnation == incarnation ? max($0.due, now) : nil } ?? now
        let end = now + Timers.horizon
        var last: DueTimer?
        var count = 0
        repeat {
            let found = try await timer.rows(
                after: start, following: last, until: end, limit: settings.pageSize, on: processor.pool)
            try await timers.set(found, onlyMissing: true)
            count += found.count
            last = found.count == settings.pageSize ? found.last : nil
        } while last != nil && count < Timers.capacity
        setUntil = (end, incarnation)
    }
}
