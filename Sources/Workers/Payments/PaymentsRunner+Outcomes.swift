import Logging
import Marketplace
import PostgresClient
import Storage
import Stripe

extension PaymentsRunner {
    /// Makes the call, or looks, and tells what came of it.
    func finding(of item: StripeWork.Item) async -> Finding {
        switch item {
        case .call(let call): .made(call, await caller.make(call, now: clock()))
        case .look(let look): await finding(of: look)
        }
    }

    private func finding(of look: LeasedLook) async -> Finding {
        do {
            return .seen(look, try await caller.look(at: look.session))
        } catch {
            logger.log(
                level: error.kind == .retryable ? .notice : .error, "A payment could not be looked at.",
                metadata: ["order": "\(look.order)", "attempt": "\(look.attempt)", "error": "\(error)"])
            return .missed(look, again: caller.delay(after: look.looks + 1, error))
        }
    }

    /// One transaction after the other, each of all that came since the one before began.
    func storeFindings() async {
        while true {
            let batch = await findings.next(atMost: settings.batch)
            guard !batch.isEmpty else { return }
            let next = ContinuousClock.now + settings.pace
            await store(batch)
            // A full batch leaves more behind.
            if batch.count < settings.batch { try? await Task.sleep(until: next, clock: .continuous) }
        }
    }

    /// Tried again while the database is away and after a race that was lost. What fails for a reason of its own is found by
    /// halving, so that it harms no other, and given up: its lease runs out and it is asked anew.
    func store(_ batch: [Finding]) async {
        let end = ContinuousClock.now + settings.patience
        var pause = Duration.milliseconds(10)
        var clashes = 0
        while true {
            do {
                let (files, now) = try await commit(batch)
                parts.work.forget(batch.map(\.token))
                relay.fire()
                return await parts.follow(files, now: now)
            } catch {
                let error = error as? PostgresError
                if error?.isClash == true { clashes += 1 }
                let isAway = error?.isUnavailable == true && ContinuousClock.now < end
                let isRace = error?.isClash == true && clashes < (batch.count > 1 ? 2 : 5)
                guard isAway || isRace, !Task.isCancelled else { return await giveUp(batch, error) }
                try? await Task.sleep(for: pause * Double.random(in: 0.5...1))
                pause = min(pause * 2, .seconds(2))
            }
        }
    }

    private func giveUp(_ batch: [Finding], _ error: PostgresError?) async {
        guard batch.count == 1 || error?.isUnavailable == true || Task.isCancelled else {
            let middle = batch.count / 2
            await store(Array(batch[..<middle]))
            return await store(Array(batch[middle...]))
        }
        logger.error(
            "The outcome of a call to Stripe was not stored: it is asked again.",
            metadata: [
                "orders": "\(batch.map { "\($0.order)" }.joined(separator: " "))",
                "error": "\(error.map { "\($0)" } ?? "unknown")",
            ])
        parts.work.forget(batch.map(\.token))
    }

    /// One transaction: the orders are locked, each lease found to be still ours, the outcomes decided and committed with
    /// their events and replies.
    ///
    /// - Returns: What was changed. Of what was not ours any more, nothing.
    private func commit(_ batch: [Finding]) async throws -> (files: [PaymentFile], now: Timestamp) {
        try await pool.withTransaction { transaction in
            let payments = try await parts.store.load(
                Set(batch.map(\.order)), leasing: parts.work.hasRoom, in: transaction)
            let locked = Dictionary(uniqueKeysWithValues: payments.map { ($0.file.order.id, $0) })
            let now = clock()
            var files: [PaymentFile] = []
            var events: [OutboxEvent] = []
            for finding in batch {
                guard let payment = locked[finding.order], finding.isLeased(in: payment) else { continue }
                var file = payment.file
                finding.apply(to: &file, now: now)
                events += try file.takeEvents().map { event in
                    OutboxEvent(
                        id: .v7(at: now), type: event.type.rawValue, v: 1, at: now, subject: event.subject,
                        version: event.version, trace: "", body: try JSONBody.encode(event.body))
                }
                files.append(file)
            }
            guard !files.isEmpty else { return ([], now) }
            _ = try await transaction.commit(
                with: parts.changes(of: files, now: now) + parts.storage.outbox.appendSQL(events))
            return (files, now)
        }
    }
}
