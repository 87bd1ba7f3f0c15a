extension OrderPayments {
    /// The rows to write.
    public struct Changes: Sendable {
        public var updatedOrder: PayableOrder?
        public var insertedOrder: PayableOrder?
        public var updatedAttempts: [PaymentAttempt] = []
        public var insertedAttempts: [PaymentAttempt] = []
        public var updatedCalls: [PaymentCall] = []
        public var insertedCalls: [(call: PaymentCall, request: PaymentRequest)] = []
        public var insertedWaiters: [PaymentWaiter] = []
        public var deletedWaiters: [PaymentWaiter] = []
    }

    /// The differences from the loaded rows.
    public var changes: Changes {
        var changes = Changes()
        if isNew { changes.insertedOrder = order } else if order != before.order { changes.updatedOrder = order }
        for attempt in attempts {
            guard let old = before.attempts.first(where: { $0.number == attempt.number }) else {
                changes.insertedAttempts.append(attempt)
                continue
            }
            if old != attempt { changes.updatedAttempts.append(attempt) }
        }
        for call in calls {
            if let request = requests[call.name] {
                changes.insertedCalls.append((call, request))
            } else if !before.calls.contains(call) {
                changes.updatedCalls.append(call)
            }
        }
        changes.insertedWaiters = waiters.filter { !before.waiters.contains($0) }
        changes.deletedWaiters = before.waiters.filter { !waiters.contains($0) }
        return changes
    }

    /// True if a call or a poll is due.
    public func isDue(at now: Timestamp) -> Bool {
        calls.contains { $0.state == .pending && $0.dueAt <= now } || attempts.contains { ($0.pollAt ?? .never) <= now }
    }

    struct Contents: Sendable {
        var order: PayableOrder
        var attempts: [PaymentAttempt]
        var calls: [PaymentCall]
        var waiters: [PaymentWaiter]
    }
}

extension Timestamp {
    fileprivate static let never = Timestamp(microseconds: .max)
}
