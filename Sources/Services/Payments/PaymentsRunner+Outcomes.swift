import Engine
import Logging
import Marketplace
import PostgresClient
import Storage
import Streams
import Stripe

extension PaymentsRunner {
    /// Sends the call or the poll, and returns its outcome.
    func outcome(of item: LeasedCallQueue.Item) async -> StripeOutcome {
        switch item {
        case .call(let call): .called(call, await caller.run(call, now: clock()))
        case .poll(let poll): await outcome(of: poll)
        }
    }

    private func outcome(of poll: LeasedPoll) async -> StripeOutcome {
        do {
            return .polled(poll, try await caller.poll(poll.session))
        } catch {
            logger.log(
                level: error.kind == .retryable ? .notice : .error, "Could not poll a payment",
                metadata: ["order": "\(poll.order)", "attempt": "\(poll.attempt)", "error": "\(error)"])
            return .pollFailed(poll, retryAfter: error.retryAfter)
        }
    }

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
    /// A batch that fails by itself is halved until the failing outcome is alone. That one is put off, and the
    /// call is repeated at growing intervals.
    func store(_ batch: [StripeOutcome]) async {
        let deadline = ContinuousClock.now + settings.storeTimeout
        var pause = Duration.milliseconds(10)
        var clashes = 0
        while true {
            do {
                let (payments, now) = try await commit(batch)
                dependencies.queue.release(batch.map(\.token))
                relay.notify()
                return await dependencies.afterCommit(of: payments, now: now)
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

    private func halve(_ batch: [StripeOutcome], after error: PostgresError?) async {
        guard batch.count == 1 || error?.isUnavailable == true || Task.isCancelled else {
            let middle = batch.count / 2
            await store(Array(batch[..<middle]))
            return await store(Array(batch[middle...]))
        }
        logger.error(
            "Could not store outcomes of Stripe calls; they will be repeated",
            metadata: [
                "orders": "\(batch.map { "\($0.order)" }.joined(separator: " "))",
                "error": "\(error.map { "\($0)" } ?? "unknown")",
            ])
        let tokens = batch.map(\.token)
        dependencies.queue.release(tokens)
        // If this fails, the leases expire.
        try? await dependencies.store.postpone(tokens, now: clock(), on: pool)
    }

    /// Locks the orders, checks the leases, decides on the outcomes, and commits with the events and replies: in one
    /// transaction.
    ///
    /// - Returns: The changed payments. Outcomes whose lease was lost change nothing.
    private func commit(_ batch: [StripeOutcome]) async throws -> (payments: [OrderPayments], now: Timestamp) {
        try await pool.withTransaction { transaction in
            let loaded = try await dependencies.store.load(
                Set(batch.map(\.order)), leasing: dependencies.queue.hasRoom, in: transaction)
            let locked = Dictionary(uniqueKeysWithValues: loaded.map { ($0.payments.order.id, $0) })
            let now = clock()
            var changed: [OrderPayments] = []
            var events: [OutboxEvent] = []
            for outcome in batch {
                guard let order = locked[outcome.order], outcome.isLeased(in: order) else { continue }
                var payments = order.payments
                outcome.apply(to: &payments, now: now)
                events += try payments.takeEvents().map { event in
                    OutboxEvent(
                        id: .v7(at: now), type: event.type.rawValue, v: 1, at: now, subject: event.subject,
                        version: event.version, trace: "", body: try JSONBody.encode(event.body))
                }
                changed.append(payments)
            }
            guard !changed.isEmpty else { return ([], now) }
            _ = try await transaction.commit(
                with: dependencies.changes(of: changed, now: now) + dependencies.storage.outbox.appendSQL(events))
            return (changed, now)
        }
    }
}
