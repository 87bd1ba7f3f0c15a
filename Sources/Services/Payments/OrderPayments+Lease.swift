import FoundationEssentials
package import Marketplace

extension OrderPayments {
    /// Returns the call and the poll that the last decision made due immediately and leased for this process. Returns
    /// nothing if the payments have no lease token.
    ///
    /// - Parameters:
    ///   - now: The time of the decision.
    ///   - write: Returns a new call's request as JSON, byte for byte as it is sent.
    package func leased(
        at now: Timestamp, writing write: (PaymentRequest, _ key: String) -> String
    ) -> [StripeEffect] {
        let (changes, lease) = (self.changes, Lease(of: self, now: now))
        guard let lease else { return [] }
        let call = changes.insertedCalls.first { lease.covers($0.call) }.map { call, request in
            let key = call.key(of: order.id)
            return StripeEffect.Work.call(
                StripeEffect.Call(
                    name: call.name, key: key, request: write(request, key), runs: 1, failures: 0,
                    createdAt: call.createdAt, session: attempts.first { $0.number == call.attempt }?.sessionId))
        }
        let poll = changes.updatedAttempts.first(where: lease.covers).flatMap { attempt in
            attempt.sessionId.map { StripeEffect.Work.poll(attempt: attempt.number, session: $0) }
        }
        return [call, poll].compactMap { $0.map { StripeEffect(order: order.id, token: lease.token, work: $0) } }
    }

    /// Selects the calls and polls that a decision leases. The stored rows and ``leased(at:writing:)`` use the same
    /// selection.
    struct Lease {
        let token: UUID
        private let now: Timestamp
        private let attemptsWithCalls: Set<Int>

        init?(of payments: OrderPayments, now: Timestamp) {
            guard let token = payments.lease else { return nil }
            self.token = token
            self.now = now
            attemptsWithCalls = Set(payments.calls.lazy.filter { $0.state == .pending }.map(\.attempt))
        }

        /// True if the lease covers a new call.
        func covers(_ call: PaymentCall) -> Bool { call.state == .pending && call.dueAt <= now }

        /// True if the lease covers a poll of the attempt. An attempt with an unfinished call is not polled, because
        /// the outcome of the call tells more than a poll.
        func covers(_ attempt: PaymentAttempt) -> Bool {
            guard let pollAt = attempt.pollAt, attempt.sessionId != nil else { return false }
            return pollAt <= now && !attemptsWithCalls.contains(attempt.number)
        }
    }
}
