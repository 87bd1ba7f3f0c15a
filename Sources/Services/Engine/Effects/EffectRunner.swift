import FoundationEssentials
package import Logging
package import Marketplace
package import PostgresClient
import ServiceLifecycle
import Storage
package import Streams

/// Performs committed effects of one kind, and stores their outcomes.
///
/// No transaction is open while an effect is performed. The effect is leased by the transaction that decides it, or by
/// a separate one. The outcome is stored in another transaction, which locks the subject, checks the lease, and decides
/// the next step. Leases are renewed while the work lasts. If a worker is killed, its leases expire, and another worker
/// repeats the effects with the same keys.
package final class EffectRunner<Kind: EffectKind>: ServiceLifecycle.Service {
    typealias Performed = EffectOutcomeQueue<Kind.Effect, Kind.Outcome>.Performed

    package struct Settings: Sendable {
        /// The time between two polls of the database for due effects that no decision has added to the queue.
        package var pollInterval: Duration = .milliseconds(250)
        /// Maximum time for which storing an outcome is retried while the database is unavailable.
        package var storeTimeout: Duration = .seconds(60)
        /// Maximum number of outcomes in one transaction.
        package var batchSize = 256
        /// Minimum time between the starts of two transactions that store outcomes, because a few outcomes cost
        /// PostgreSQL as much as many. The first transaction after a pause starts at once.
        package var minStoreInterval: Duration = .milliseconds(20)

        package init() {}
    }

    let kind: Kind
    let pool: PostgresPool
    let storage: ServiceStorage
    /// Wakes the relay after each commit.
    let relay: Wakeup
    let logger: Logger
    let settings: Settings
    let clock: @Sendable () -> Timestamp
    let outcomes = EffectOutcomeQueue<Kind.Effect, Kind.Outcome>()

    let retry: TransactionRetry

    private var queue: EffectQueue<Kind.Effect> { kind.queue }

    package init(
        _ kind: Kind, pool: PostgresPool, relay: Wakeup, logger: Logger, settings: Settings = Settings(),
        clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.kind = kind
        self.pool = pool
        storage = ServiceStorage(service: kind.service)
        self.relay = relay
        self.logger = logger
        self.settings = settings
        self.clock = clock
        retry = TransactionRetry(pool: pool, logger: logger)
    }

    /// Runs until the process is asked to stop. Then it leases nothing new, and finishes the requests in progress.
    package func run() async throws {
        // These two tasks are cancelled when the others have ended.
        async let _ = renewLeases()
        async let _ = poll()
        async let stored: Void = storeOutcomes()
        await withGracefulShutdownHandler {
            queue.open()
            await withDiscardingTaskGroup { group in await performEffects(in: &group) }
        } onGracefulShutdown: {
            self.queue.close()
        }
        outcomes.end()
        await stored
    }

    private func performEffects(in group: inout DiscardingTaskGroup) async {
        while !Task.isCancelled {
            if queue.isOpen, queue.takeDue() { await leaseDue() }
            let effects = queue.startNext()
            for effect in effects {
                group.addTask {
                    self.outcomes.add(await self.kind.perform(effect, at: self.clock()), of: effect)
                    self.queue.requestEnded()
                }
            }
            guard effects.isEmpty else { continue }
            if !queue.isOpen, !queue.hasWaitingEffects { return }
            await queue.wakeup.wait()
        }
    }

    private func poll() async {
        while !Task.isCancelled {
            queue.markDue()
            try? await Task.sleep(for: settings.pollInterval)
        }
    }

    private func renewLeases() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: kind.leaseDuration / 3)
            let tokens = queue.tokens
            guard !tokens.isEmpty, !Task.isCancelled else { continue }
            do {
                try await kind.store.renew(tokens, until: clock() + kind.leaseDuration, on: pool)
            } catch {
                // This does no harm: a worker that takes over performs the same effects with the same keys.
                logger.notice("Could not renew leases", metadata: ["of": "\(kind.name)", "error": "\(error)"])
            }
        }
    }

    /// Leases due effects that no decision of this process has leased, such as retries, effects that the queue had no
    /// room for, and effects of a worker that was killed.
    package func leaseDue() async {
        guard let limit = queue.leaseLimit else { return }
        let now = clock()
        do {
            let due = try await kind.store.lease(limit: limit, now: now, until: now + kind.leaseDuration, on: pool)
            queue.add(due.effects)
            if due.mayLeaveMore { queue.markDue() }
            try await postpone(due.unreadable)
        } catch {
            if !Task.isCancelled {
                logger.notice("Could not lease effects", metadata: ["of": "\(kind.name)", "error": "\(error)"])
            }
        }
    }

    /// Postpones effects that this build can't read, so that they stop no others. The pauses grow, so the log lines are
    /// rare.
    private func postpone(_ leases: [UnreadableLease]) async throws {
        guard !leases.isEmpty else { return }
        for lease in leases.prefix(10) {
            logger.warning(
                "\(kind.name) has a value that this build does not know; it waits for a newer build",
                metadata: [
                    "subject": "\(lease.subject)", "reason": "\(lease.reason)",
                    "leases": .stringConvertible(leases.count),
                ])
        }
        try await kind.store.postpone(leases.map(\.token), now: clock(), on: pool)
    }
}
