extension OrderPayments {
    /// Takes the attempt's next step towards the goal that the order sets for it, given its progress at Stripe. The
    /// attempt must have no unfinished call.
    mutating func advance(_ index: Int, from progress: PaymentProgress, now: Timestamp) {
        guard !attempts[index].state.isFinal else { return }
        switch goal(of: attempts[index]) {
        case .pay: authorizeStep(index, from: progress, now: now)
        case .capture: captureStep(index, from: progress, now: now)
        case .undo: undoStep(index, from: progress, now: now)
        }
        schedulePoll(index, now: now)
    }

    /// Schedules the next regular poll, which finds a change even if no webhook arrives. No poll is added if one is
    /// already scheduled, during a call, or for a captured attempt; a final attempt loses its poll.
    private mutating func schedulePoll(_ index: Int, now: Timestamp) {
        let attempt = attempts[index]
        if attempt.state.isFinal {
            attempts[index].pollAt = nil
        } else if attempt.state != .captured, attempt.pollAt == nil, unfinishedCall(of: attempt.number) == nil {
            attempts[index].pollAt = now + times.pollDelay(after: attempt.polls)
            attempts[index].polls += 1
        }
    }
}
