// Calls that Stripe has refused so often that an operator must decide.
extension OrderPayments {
    /// The calls that became stuck since the rows were loaded.
    public var newlyStuckCalls: [PaymentCall] {
        calls.filter { call in
            call.stuckAt != nil && !before.calls.contains { $0.name == call.name && $0.stuckAt != nil }
        }
    }

    /// Marks the operation's last call as stuck. The attempt is still polled, because the operation may be completed or
    /// become unnecessary at Stripe.
    mutating func giveUp(_ operation: PaymentCall.Operation, _ index: Int, now: Timestamp) {
        guard let last = lastCall(operation, of: attempts[index].number) else { return }
        calls[last].stuckAt = calls[last].stuckAt ?? now
        // A hint during the call may have requested an earlier poll.
        let next = now + PaymentTimes.stuckPollDelay
        attempts[index].pollAt = min(attempts[index].pollAt ?? next, next)
    }

    /// Allows more tries of stuck calls. Their attempts are polled now unless they are final, because the state at
    /// Stripe shows whether another try is needed.
    ///
    /// - Returns: The number of calls that were stuck.
    mutating func retryStuckCalls(now: Timestamp) -> Int {
        let stuck = calls.indices.filter { calls[$0].stuckAt != nil }
        for call in stuck {
            calls[call].stuckAt = nil
            calls[call].repeats = 0
            guard let index = attempts.firstIndex(where: { $0.number == calls[call].attempt }),
                !attempts[index].state.isFinal
            else { continue }
            attempts[index].pollAt = now
            attempts[index].pollFailures = 0
        }
        return stuck.count
    }
}
