extension PaymentFile {
    /// Takes the one next step of an attempt that has no unfinished call: from where it stands to what the order wants.
    mutating func step(_ index: Int, _ standing: PaymentStanding, now: Timestamp) {
        guard !attempts[index].state.isFinal else { return }
        switch aim(of: attempts[index]) {
        case .pay: pay(index, standing, now: now)
        case .capture: capture(index, standing, now: now)
        case .undo: undo(index, standing, now: now)
        }
        scheduleLook(index, now: now)
    }

    private mutating func pay(_ index: Int, _ standing: PaymentStanding, now: Timestamp) {
        switch standing {
        case .payable:
            if attempts[index].state == .opening { move(index, to: .open) }
        case .unsettled:
            break
        case .authorized(asked: true), .captured(asked: true):
            // Money that someone took by hand is kept like an authorisation until the order says what becomes of it.
            guard attempts[index].state != .authorized else { return }
            move(index, to: .authorized)
            tell(.authorized, of: attempts[index])
        case .authorized(asked: false), .captured(asked: false):
            attempts[index].failure = "not_as_asked"
            undo(index, standing, now: now)
        case .refunded, .lingering, .dead:
            undo(index, standing, now: now)
        }
    }

    private mutating func capture(_ index: Int, _ standing: PaymentStanding, now: Timestamp) {
        switch standing {
        case .payable, .unsettled:
            break
        case .authorized(asked: true):
            move(index, to: .capturing)
            plan(.capture, index, now: now)
        case .captured(asked: true):
            guard attempts[index].state != .captured else { return }
            move(index, to: .captured)
            tell(.charged, of: attempts[index])
        case .authorized(asked: false), .captured(asked: false):
            attempts[index].failure = "not_as_asked"
            undo(index, standing, now: now)
        case .refunded, .lingering, .dead:
            undo(index, standing, now: now)
        }
    }

    /// Towards nothing reserved and nothing taken. An end is announced only where Stripe showed it.
    mutating func undo(_ index: Int, _ standing: PaymentStanding, now: Timestamp) {
        switch standing {
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
            attempts[index].lookAt = nil
            tell(.refunded, of: attempts[index])
        case .dead(let reason):
            die(index, reason: order.status.isDead ? "order_\(order.status.rawValue)" : reason, now: now)
        }
    }

    /// When to look again by ourselves. A look that a hint has asked for meanwhile stays.
    private mutating func scheduleLook(_ index: Int, now: Timestamp) {
        let attempt = attempts[index]
        if attempt.state.isFinal {
            attempts[index].lookAt = nil
        } else if attempt.state != .captured, attempt.lookAt == nil, unfinishedCall(of: attempt.number) == nil {
            attempts[index].lookAt = now + times.look(attempt.looks)
            attempts[index].looks += 1
        }
    }
}
