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
/// No transaction is open while Stripe is asked. What is due is leased in a transaction of its own; the outcome is
/// stored in another, which finds out under lock whether it is still wanted and what follows from it. A lease is renewed
/// while the work lasts; where a worker is killed it comes to its end, and someone else asks again, under the same key.
final class PaymentsRunner: ServiceLifecycle.Service {
    struct Settings: Sendable {
        /// How often to look for what is due when nothing wakes the runner.
        var poll: Duration = .milliseconds(250)
        /// Calls at a time, and looks at a time.
        var concurrency = 16
        /// How long what was taken stays ours without being renewed, which happens three times as often: so long after a
        /// worker is killed another one asks again.
        var lease: Duration = .seconds(10)
        /// How long storing an outcome is tried again while the database is away.
        var patience: Duration = .seconds(60)
    }

    let parts: PaymentsParts
    let pool: PostgresPool
    let caller: StripeCaller
    /// Tells the relay that there are new rows.
    let relay: Signal
    let logger: Logger
    let settings: Settings
    let clock: @Sendable () -> Timestamp
    private let isStopping = Atomic(false)
    /// The tokens of what is on its way.
    private let inFlight = Mutex<Set<UUID>>([])

    init(
        _ parts: PaymentsParts, pool: PostgresPool, caller: StripeCaller, relay: Signal, logger: Logger,
        settings: Settings = Settings(), clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.parts = parts
        self.pool = pool
        self.caller = caller
        self.relay = relay
        self.logger = logger
        self.settings = settings
        self.clock = clock
    }

    /// Until it is told to stop; then it takes nothing new and finishes what is on its way.
    func run() async throws {
        // Cancelled when the rest has ended.
        async let _ = renewLeases()
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                while !isStopping.load(ordering: .relaxed), !Task.isCancelled {
                    let room = settings.concurrency - inFlight.withLock(\.count)
                    let taken = room > 0 ? await start(atMost: room, in: &group) : 0
                    // As many as there was room for: there may be more.
                    if taken == 0 || taken >= room { await parts.runner.wait(for: settings.poll) }
                }
            }
        } onGracefulShutdown: {
            self.isStopping.store(true, ordering: .relaxed)
            self.parts.runner.fire()
        }
    }

    private func renewLeases() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: settings.lease / 3)
            let tokens = inFlight.withLock { Array($0) }
            guard !tokens.isEmpty, !Task.isCancelled else { continue }
            do {
                try await parts.store.renew(tokens, until: clock() + settings.lease, on: pool)
            } catch {
                // Whoever else asks meanwhile asks the same under the same key.
                logger.notice("Leases of calls to Stripe were not renewed.", metadata: ["error": "\(error)"])
            }
        }
    }

    private func start(atMost room: Int, in group: inout DiscardingTaskGroup) async -> Int {
        let now = clock()
        do {
            let due = try await parts.store.lease(limit: room, now: now, until: now + settings.lease, on: pool)
            for call in due.calls { begin(call.token, in: &group) { await self.make(call) } }
            for look in due.looks { begin(look.token, in: &group) { await self.look(look) } }
            return due.calls.count + due.looks.count
        } catch {
            if !Task.isCancelled {
                logger.notice("What is due at Stripe can't be read.", metadata: ["error": "\(error)"])
            }
            return 0
        }
    }

    private func begin(
        _ token: UUID, in group: inout DiscardingTaskGroup, _ work: @escaping @Sendable () async -> Void
    ) {
        inFlight.withLock { _ = $0.insert(token) }
        group.addTask {
            await work()
            self.inFlight.withLock { _ = $0.remove(token) }
            self.parts.runner.fire()
        }
    }
}
