import FoundationEssentials
import Logging
import Marketplace
import PostgresClient
import ServiceLifecycle
import Storage
import Streams
import Stripe
import Synchronization

/// Sends committed calls to Stripe, and polls attempts that may have changed there: after lost webhooks, lost responses
/// and abandoned pages.
///
/// No transaction is open during a request to Stripe. A call is leased by the transaction that decides it, or by a
/// separate one. The outcome is stored in another transaction, which checks the lease under lock and decides what
/// follows. Leases are renewed while the work lasts. If a worker is killed, its leases expire, and another worker
/// repeats the calls with the same keys.
final class PaymentsRunner: ServiceLifecycle.Service {
    struct Settings: Sendable {
        /// The time between two polls of the database for due calls and polls that nothing has announced.
        var pollInterval: Duration = .milliseconds(250)
        /// Maximum time for which storing an outcome is retried while the database is unavailable.
        var storeTimeout: Duration = .seconds(60)
        /// Maximum number of outcomes in one transaction.
        var batchSize = 256
        /// Minimum time between the starts of two transactions that store outcomes, because a few outcomes cost
        /// PostgreSQL as much as many. The first after a pause is stored at once.
        var pace: Duration = .milliseconds(20)
    }

    let dependencies: PaymentsDependencies
    let pool: PostgresPool
    let caller: StripeCaller
    /// Wakes the relay after each commit.
    let relay: Wakeup
    let logger: Logger
    let settings: Settings
    let clock: @Sendable () -> Timestamp
    let outcomes = StripeOutcomeQueue()

    private var queue: LeasedCallQueue { dependencies.queue }

    init(
        _ dependencies: PaymentsDependencies, pool: PostgresPool, caller: StripeCaller, relay: Wakeup, logger: Logger,
        settings: Settings = Settings(), clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.dependencies = dependencies
        self.pool = pool
        self.caller = caller.onRateLimit { [queue = dependencies.queue] in queue.rateLimited() }
        self.relay = relay
        self.logger = logger
        self.settings = settings
        self.clock = clock
    }

    /// Runs until the process is asked to stop. Then it leases nothing new, and finishes the requests in progress.
    func run() async throws {
        // These two are cancelled when the rest has ended.
        async let _ = renewLeases()
        async let _ = poll()
        async let stored: Void = storeOutcomes()
        await withGracefulShutdownHandler {
            queue.open()
            await withDiscardingTaskGroup { group in await sendRequests(in: &group) }
        } onGracefulShutdown: {
            self.queue.close()
        }
        outcomes.end()
        await stored
    }

    private func sendRequests(in group: inout DiscardingTaskGroup) async {
        while !Task.isCancelled {
            if queue.isOpen, queue.takeDue() { await leaseDue() }
            let items = queue.startNext()
            for item in items {
                group.addTask {
                    self.outcomes.add(await self.outcome(of: item))
                    self.queue.requestEnded()
                }
            }
            guard items.isEmpty else { continue }
            if !queue.isOpen, !queue.hasWaitingItems { return }
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
            try? await Task.sleep(for: dependencies.leaseDuration / 3)
            let tokens = queue.tokens
            guard !tokens.isEmpty, !Task.isCancelled else { continue }
            do {
                try await dependencies.store.renew(tokens, until: clock() + dependencies.leaseDuration, on: pool)
            } catch {
                // A worker that takes over sends the same calls with the same keys.
                logger.notice("Could not renew leases of Stripe calls", metadata: ["error": "\(error)"])
            }
        }
    }

    private func postpone(_ leases: [LeasedPayments.Unreadable]) async throws {
        guard !leases.isEmpty else { return }
        for lease in leases.prefix(10) {
            logger.warning(
                "Payment has a value that this build does not know; it waits for a newer build",
                metadata: ["order": "\(lease.order)", "reason": "\(lease.reason)", "of": "\(leases.count)"])
        }
        try await dependencies.store.postpone(leases.map(\.token), now: clock(), on: pool)
    }

    /// Leases due calls and polls that no decision of this process has leased: retries, and those for which there was
    /// no room.
    func leaseDue() async {
        guard let limit = queue.leaseLimit else { return }
        let now = clock()
        do {
            let due = try await dependencies.store.lease(
                limit: limit, now: now, until: now + dependencies.leaseDuration, on: pool)
            queue.add(due.calls.map(LeasedCallQueue.Item.call) + due.polls.map(LeasedCallQueue.Item.poll))
            // A full result may leave more behind.
            if max(due.calls.count, due.polls.count) >= limit { queue.markDue() }
            try await postpone(due.unreadable)
        } catch {
            if !Task.isCancelled {
                logger.notice("Could not lease due Stripe calls", metadata: ["error": "\(error)"])
            }
        }
    }
}
