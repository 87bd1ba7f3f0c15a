import Logging
import Marketplace
import PostgresClient
import RedisClient
import Storage
import Streams

extension EffectRunner {
    /// Stores outcomes until the queue ends. Each transaction stores the outcomes that arrived since the previous one
    /// began.
    func storeOutcomes() async {
        while true {
            let batch = await outcomes.next(atMost: settings.batchSize)
            guard !batch.isEmpty else { return }
            let next = ContinuousClock.now + settings.minStoreInterval
            await store(batch)
            // After a full batch, more outcomes are waiting.
            if batch.count < settings.batchSize { try? await Task.sleep(until: next, clock: .continuous) }
        }
    }

    /// Stores outcomes, and waits while the database is unavailable.
    ///
    /// A batch that fails without an outage is halved until the failing outcome is alone. That outcome is dropped, and
    /// its effect is repeated at growing intervals.
    func store(_ batch: [Performed]) async {
        let deadline = ContinuousClock.now + settings.storeTimeout
        do {
            _ = try await Halving<Performed, Bool>("Storing outcomes", logger: logger) { batch in
                try await self.commit(batch, until: deadline)
                return batch.map { _ in true }
            } failedAlone: { performed, error in
                await self.postpone([performed], after: error)
                return false
            }
            .outcomes(of: batch)
        } catch {
            // Outcomes that are stored have no lease any more, so postponing them changes nothing.
            await postpone(batch, after: error)
        }
    }

    private func postpone(_ batch: [Performed], after error: any Error) async {
        logger.error(
            "Could not store outcomes; the effects will be repeated",
            metadata: [
                "of": "\(kind.name)",
                "subjects": "\(batch.map { "\($0.effect.subject)" }.joined(separator: " "))", "error": "\(error)",
            ])
        let tokens = batch.map(\.effect.token)
        kind.queue.release(tokens)
        // If this fails, the leases expire.
        try? await kind.store.postpone(tokens, now: clock(), on: pool)
    }

    /// Commits outcomes together. While the database is unavailable, tries again until the deadline.
    private func commit(_ batch: [Performed], until deadline: ContinuousClock.Instant) async throws {
        var backoff = Backoff(from: .milliseconds(10), to: .seconds(2))
        while true {
            do {
                let (state, now) = try await retry.run { try await self.transact(batch) }
                kind.queue.release(batch.map(\.effect.token))
                relay.notify()
                return await kind.committed(state, now: now)
            } catch let error as DatabaseOutage where ContinuousClock.now < deadline {
                logger.notice("Outcomes wait for the database", metadata: ["of": "\(kind.name)", "error": "\(error)"])
                try await Task.sleep(for: backoff.nextWithJitter())
            }
        }
    }

    /// Locks the subjects, decides on the outcomes, and commits the changes and events, in one transaction.
    private func transact(_ batch: [Performed]) async throws -> (state: Kind.State, now: Timestamp) {
        try await pool.withTransaction { transaction in
            var state = try await kind.load(Set(batch.map(\.effect.subject)), in: transaction)
            let now = clock()
            var events: [OutboxEvent] = []
            for (effect, outcome) in batch {
                events += try kind.decide(outcome, of: effect, on: &state, now: now).map {
                    try OutboxEvent($0, trace: "", at: now)
                }
            }
            let changes = kind.changes(of: state, now: now)
            // If all leases were lost, there is nothing to commit.
            if !changes.isEmpty || !events.isEmpty {
                try await storage.commit(transaction, changes: changes, events: events)
            }
            return (state, now)
        }
    }
}
