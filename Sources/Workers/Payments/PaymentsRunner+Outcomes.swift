import Logging
import Marketplace
import PostgresClient
import Storage
import Stripe

extension PaymentsRunner {
    /// Makes a call and stores what came of it.
    func make(_ call: LeasedCall) async {
        let outcome = await caller.make(call, now: clock())
        await settle(call.order, if: { $0.isLeased(call) }) { file, now in
            file.finish(call.name, outcome, now: now)
        }
    }

    /// Looks at Stripe's objects and stores what that changes.
    func look(_ look: LeasedLook) async {
        do {
            let seen = try await caller.look(at: look.session)
            await settle(look.order, if: { $0.isLeased(look) }) { file, now in
                file.observe(look.attempt, seen, now: now)
            }
        } catch {
            logger.log(
                level: error.kind == .retryable ? .notice : .error, "A payment could not be looked at.",
                metadata: ["order": "\(look.order)", "attempt": "\(look.attempt)", "error": "\(error)"])
            let again = caller.delay(after: look.looks + 1, error)
            await settle(look.order, if: { $0.isLeased(look) }) { file, now in
                file.missed(look.attempt, again: again, now: now)
            }
        }
    }

    /// One transaction: the order is locked, the lease found to be still ours, the outcome decided and committed with
    /// its events and replies. Run again after what may pass; given up in the end, for then the lease runs out and it is asked anew.
    private func settle(
        _ order: OrderID, if isOurs: (LockedPayment) -> Bool,
        _ decide: (inout PaymentFile, Timestamp) -> Void
    ) async {
        let end = ContinuousClock.now + settings.patience
        var pause = Duration.milliseconds(10)
        while true {
            do {
                guard let file = try await commit(order, if: isOurs, decide) else { return }
                relay.fire()
                await parts.replies.send(file.answers)
                if file.isDue(at: clock()) { parts.runner.fire() }
                return
            } catch {
                let passes = (error as? PostgresError).map { $0.isRetryable || $0.isUniqueViolation } ?? false
                guard passes, ContinuousClock.now < end, !Task.isCancelled else {
                    logger.error(
                        "The outcome of a call to Stripe was not stored: it is asked again.",
                        metadata: ["order": "\(order)", "error": "\(error)"])
                    return
                }
                try? await Task.sleep(for: pause * Double.random(in: 0.5...1))
                pause = min(pause * 2, .seconds(2))
            }
        }
    }

    /// - Returns: nil where it was not ours any more, and nothing was changed.
    private func commit(
        _ order: OrderID, if isOurs: (LockedPayment) -> Bool, _ decide: (inout PaymentFile, Timestamp) -> Void
    ) async throws -> PaymentFile? {
        try await pool.withTransaction { (transaction) -> PaymentFile? in
            guard let locked = try await parts.store.load(order, in: transaction), isOurs(locked) else { return nil }
            var file = locked.file
            let now = clock()
            decide(&file, now)
            let events = try file.takeEvents().map { event in
                OutboxEvent(
                    id: .v7(at: now), type: event.type.rawValue, v: 1, at: now, subject: event.subject,
                    version: event.version, trace: "", body: try JSONBody.encode(event.body))
            }
            _ = try await transaction.commit(
                with: parts.store.changes(of: [file], writing: parts.requests.json)
                    + PaymentReplies.stored(file.answers, in: parts.storage.inbox)
                    + parts.storage.outbox.appendSQL(events))
            return file
        }
    }
}
