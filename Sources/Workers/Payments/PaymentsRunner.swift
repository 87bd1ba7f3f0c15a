import FoundationEssentials
import Logging
import Marketplace
import PostgresClient
import ServiceLifecycle
import Storage
import Stripe
import Synchronization

/// Asks Stripe what has been committed to be asked, and looks at what may have changed there without a word: lost
/// webhooks, lost answers, pages that were left.
///
/// No transaction is open while Stripe is asked. What is due is leased, by the transaction that decided it or in one of
/// its own; the outcome is stored in another, which finds out under lock whether it is still wanted and what follows from
/// it. A lease is renewed while the work lasts; where a worker is killed it comes to its end, and someone else asks again,
/// under the same key.
final class PaymentsRunner: ServiceLifecycle.Service {
    struct Settings: Sendable {
        /// How often to look for what is due when nothing wakes the runner.
        var poll: Duration = .milliseconds(250)
        /// How long storing an outcome is tried again while the database is away.
        var patience: Duration = .seconds(60)
        /// The most outcomes of one transaction.
        var batch = 256
        /// The least between the beginnings of two such transactions: a few outcomes cost PostgreSQL as much as many. The
        /// first after a pause is stored at once.
        var pace: Duration = .milliseconds(20)
    }

    let parts: PaymentsParts
    let pool: PostgresPool
    let caller: StripeCaller
    /// Tells the relay that there are new rows.
    let relay: Signal
    let logger: Logger
    let settings: Settings
    let clock: @Sendable () -> Timestamp
    let findings = Findings()

    private var work: StripeWork { parts.work }

    init(
        _ parts: PaymentsParts, pool: PostgresPool, caller: StripeCaller, relay: Signal, logger: Logger,
        settings: Settings = Settings(), clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.parts = parts
        self.pool = pool
        self.caller = caller.onRateLimit { [work = parts.work] in work.refused() }
        self.relay = relay
        self.logger = logger
        self.settings = settings
        self.clock = clock
    }

    /// Until it is told to stop; then it takes nothing new and finishes what is on its way.
    func run() async throws {
        // These two are cancelled when the rest has ended.
        async let _ = renewLeases()
        async let _ = poll()
        async let stored: Void = storeFindings()
        await withGracefulShutdownHandler {
            work.open()
            await withDiscardingTaskGroup { group in await ask(in: &group) }
        } onGracefulShutdown: {
            self.work.close()
        }
        findings.end()
        await stored
    }

    private func ask(in group: inout DiscardingTaskGroup) async {
        while !Task.isCancelled {
            if work.isOpen, work.takeDue() { await lease() }
            let items = work.begin()
            for item in items {
                group.addTask {
                    self.findings.add(await self.finding(of: item))
                    self.work.asked()
                }
            }
            guard items.isEmpty else { continue }
            if !work.isOpen, !work.isWaiting { return }
            await work.signal.wait()
        }
    }

    private func poll() async {
        while !Task.isCancelled {
            work.noteDue()
            try? await Task.sleep(for: settings.poll)
        }
    }

    private func renewLeases() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: parts.lease / 3)
            let tokens = work.tokens
            guard !tokens.isEmpty, !Task.isCancelled else { continue }
            do {
                try await parts.store.renew(tokens, until: clock() + parts.lease, on: pool)
            } catch {
                // Whoever else asks meanwhile asks the same under the same key.
                logger.notice("Leases of calls to Stripe were not renewed.", metadata: ["error": "\(error)"])
            }
        }
    }

    /// What no decision of this process has leased: what is due again, or was decided where there was no room.
    private func lease() async {
        guard let room = work.roomAhead else { return }
        let now = clock()
        do {
            let due = try await parts.store.lease(limit: room, now: now, until: now + parts.lease, on: pool)
            work.add(due.calls.map(StripeWork.Item.call) + due.looks.map(StripeWork.Item.look))
            // As many as there was room for: there may be more.
            if max(due.calls.count, due.looks.count) >= room { work.noteDue() }
        } catch {
            if !Task.isCancelled {
                logger.notice("What is due at Stripe can't be read.", metadata: ["error": "\(error)"])
            }
        }
    }
}
