extension PaymentFile {
    /// What has to be written, row by row.
    public struct Changes: Sendable {
        public var order: PayableOrder?
        public var newOrder: PayableOrder?
        public var changedAttempts: [PaymentAttempt] = []
        public var newAttempts: [PaymentAttempt] = []
        public var changedCalls: [PaymentCall] = []
        public var newCalls: [(call: PaymentCall, request: PaymentRequest)] = []
        public var newWaiters: [PaymentWaiter] = []
        public var goneWaiters: [PaymentWaiter] = []
    }

    /// What is different from what was loaded.
    public var changes: Changes {
        var changes = Changes()
        if isNew { changes.newOrder = order } else if order != before.order { changes.order = order }
        for attempt in attempts {
            guard let old = before.attempts.first(where: { $0.number == attempt.number }) else {
                changes.newAttempts.append(attempt)
                continue
            }
            if old != attempt { changes.changedAttempts.append(attempt) }
        }
        for call in calls {
            if let request = requests[call.name] {
                changes.newCalls.append((call, request))
            } else if !before.calls.contains(call) {
                changes.changedCalls.append(call)
            }
        }
        changes.newWaiters = waiters.filter { !before.waiters.contains($0) }
        changes.goneWaiters = before.waiters.filter { !waiters.contains($0) }
        return changes
    }

    /// Whether a call or a look is due now.
    public func isDue(at now: Timestamp) -> Bool {
        calls.contains { $0.state == .pending && $0.dueAt <= now } || attempts.contains { ($0.lookAt ?? .never) <= now }
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
