import Logging
import Marketplace
import PostgresClient
import Storage
import Streams

extension EffectRunner {
    /// Stores outcomes until the queue ends. Each transaction stores all that arrived since the previous one began.
    func storeOutcomes() async {
        while true {
            let batch = await outcomes.next(atMost: settings.batchSize)
            guard !batch.isEmpty else { return }
            let next = ContinuousClock.now + settings.pace
            await store(batch)
            // After a full batch more are waiting.
            if batch.count < settings.batchSize { try? await Task.sleep(until: next, clock: .continuous) }
        }
    }

    /// Stores outcomes, and retries while the database is unavailable and after a lost race.
    ///
    /// A batch that fails by itself is halved until the failing outcome is alone. That one is put off, and the effect
    /// is repeated at growing intervals.
    func store(_ batch: [Performed]) async {
        let deadline = ContinuousClock.now + settings.storeTimeout
        var pause = Duration.milliseconds(10)
        var clashes = 0
        while true {
            do {
                let (state, now) = try await commit(batch)
                kind.queue.release(batch.map(\.effect.token))
                relay.notify()
                return await kind.committed(state, now: now)
            } catch {
                let error = error as? PostgresError
                if error?.isClash == true { clashes += 1 }
                let isOutage = error?.isUnavailable == true && ContinuousClock.now < deadline
                let isRace = error?.isClash == true && clashes < (batch.count > 1 ? 2 : 5)
                guard isOutage || isRace, !Task.isCancelled else { return await halve(batch, after: error) }
                try? await Task.sleep(for: pause * Double.random(in: 0.5...1))
                pause = min(pause * 2, .seconds(2))
            }
        }
    }

    private func halve(_ batch: [Performed], after error: PostgresError?) async {
        guard batch.count == 1 || error?.isUnavailable == true || Task.isCancelled else {
            let middle = batch.count / 2
            await store(Array(batch[..<middle]))
            return await store(Array(batch[middle...]))
        }
        logger.error(
            "Could not store outcomes; the effects will be repeated",
            metadata: [
                "of": "\(kind.name)",
                "subjects": "\(batch.map { "\($0.effect.subject)" }.joined(separator: " "))",
                "error": "\(error.map { "\($0)" } ?? "unknown")",
            ])
        let tokens = batch.map(\.effect.token)
        kind.queue.release(tokens)
        // If this fails, the leases expire.
        try? await kind.store.postpone(tokens, now: clock(), on: pool)
    }

    /// Locks the subjects, decides on the outcomes, and commits with the events and replies: in one transaction.
    private func commit(_ batch: [Performed]) async throws -> (state: Kind.State, now: Timestamp) {
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
            // All leases may be lost; then there is nothing to commit.
            if !changes.isEmpty || !events.isEmpty {
                try await storage.commit(transaction, changes: changes, events: events)
            }
            return (state, now)
        }
    }
}
