extension OrderPayments {
    /// Takes the next step from the attempt's progress towards the order's goal. The attempt must have no unfinished
    /// call.
    mutating func advance(_ index: Int, from progress: PaymentProgress, now: Timestamp) {
        guard !attempts[index].state.isFinal else { return }
        switch goal(of: attempts[index]) {
        case .pay: pay(index, from: progress, now: now)
        case .capture: capture(index, from: progress, now: now)
        case .undo: undo(index, from: progress, now: now)
        }
        schedulePoll(index, now: now)
    }

    private mutating func pay(_ index: Int, from progress: PaymentProgress, now: Timestamp) {
        switch progress {
        case .payable:
            if attempts[index].state == .opening { move(index, to: .open) }
        case .unsettled:
            break
        case .authorized(asRequested: true), .captured(asRequested: true):
            // A manually captured payment counts as authorized until the order is confirmed or closed.
            guard attempts[index].state != .authorized else { return }
            move(index, to: .authorized)
            emit(.authorized, for: attempts[index])
        case .authorized(asRequested: false), .captured(asRequested: false):
            attempts[index].failure = "not_as_asked"
            undo(index, from: progress, now: now)
        case .refunded, .lingering, .ended:
            undo(index, from: progress, now: now)
        }
    }

    private mutating func capture(_ index: Int, from progress: PaymentProgress, now: Timestamp) {
        switch progress {
        case .payable, .unsettled:
            break
        case .authorized(asRequested: true):
            move(index, to: .capturing)
            plan(.capture, index, now: now)
        case .captured(asRequested: true):
            guard attempts[index].state != .captured else { return }
            move(index, to: .captured)
            emit(.charged, for: attempts[index])
        case .authorized(asRequested: false), .captured(asRequested: false):
            attempts[index].failure = "not_as_asked"
            undo(index, from: progress, now: now)
        case .refunded, .lingering, .ended:
            undo(index, from: progress, now: now)
        }
    }

    /// Takes a step towards the state in which nothing is reserved and nothing is captured. An end is announced only
    /// after Stripe has shown it.
    mutating func undo(_ index: Int, from progress: PaymentProgress, now: Timestamp) {
        switch progress {
        case .payable:
            move(index, to: .closing)
            plan(.expireSession, index, now: now)
        case .unsettled:
            move(index, to: .closing)
        case .authorized, .lingering:
            move(index, to: .closing)
            plan(.cancelIntent, index, now: now)
        case .captured:
            move(index, to: .refunding)
            plan(.refund, index, now: now)
        case .refunded:
            move(index, to: .refunded)
            attempts[index].pollAt = nil
            emit(.refunded, for: attempts[index])
        case .ended(let reason):
            end(index, reason: order.status.isClosed ? "order_\(order.status.rawValue)" : reason, now: now)
        }
    }

    /// Schedules the next poll without a webhook, unless a hint has already scheduled one.
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
