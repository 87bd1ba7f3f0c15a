import FoundationEssentials
public import Marketplace

extension PaymentFile {
    /// What is due at once of what was just decided, and is leased to whoever decided it. Nothing where the file has no
    /// lease.
    ///
    /// - Parameters:
    ///   - now: when it was decided.
    ///   - write: a new call's request, as JSON, exactly as it will be sent.
    public func leased(
        at now: Timestamp, writing write: (PaymentRequest, _ key: String) -> String
    ) -> (call: LeasedCall?, look: LeasedLook?) {
        let (changes, lease) = (self.changes, Lease(of: self, now: now))
        guard let lease else { return (nil, nil) }
        let call = changes.newCalls.first { lease.holds($0.call) }.map { call, request in
            LeasedCall(
                order: order.id, name: call.name, request: write(request, call.key(of: order.id)), token: lease.token,
                runs: 1, failures: 0, createdAt: call.createdAt,
                session: attempts.first { $0.number == call.attempt }?.sessionId)
        }
        let look = changes.changedAttempts.first(where: lease.holds).flatMap { attempt in
            attempt.sessionId.map {
                LeasedLook(
                    order: order.id, attempt: attempt.number, session: $0, token: lease.token, looks: attempt.looks)
            }
        }
        return (call, look)
    }

    /// The same choice, for the rows.
    struct Lease {
        let token: UUID
        private let now: Timestamp
        private let unfinished: Set<Int>

        init?(of file: PaymentFile, now: Timestamp) {
            guard let token = file.lease else { return nil }
            self.token = token
            self.now = now
            unfinished = Set(file.calls.lazy.filter { $0.state == .pending }.map(\.attempt))
        }

        /// Of a call that is new.
        func holds(_ call: PaymentCall) -> Bool { call.state == .pending && call.dueAt <= now }

        /// As for leases of what is found: a call on its way shows more than a look.
        func holds(_ attempt: PaymentAttempt) -> Bool {
            guard let lookAt = attempt.lookAt, attempt.sessionId != nil else { return false }
            return lookAt <= now && !unfinished.contains(attempt.number)
        }
    }
}
