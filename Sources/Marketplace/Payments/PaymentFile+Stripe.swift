// What comes from Stripe: looks at its objects, and the outcomes of calls.
extension PaymentFile {
    /// A look at Stripe has shown this. It must be newer than all that is stored of the attempt.
    public mutating func observe(_ number: Int, _ seen: SeenPayment, now: Timestamp) {
        guard let index = index(of: number) else { return }
        // A call on its way shows more than this, and soon.
        guard unfinishedCall(of: number) == nil else { return }
        attempts[index].lookAt = nil
        note(seen, index)
        step(index, PaymentStanding(seen, of: attempts[index], order: order.id), now: now)
        settleWaiters(now: now)
    }

    /// Stripe could not be looked at.
    public mutating func missed(_ number: Int, again: Duration, now: Timestamp) {
        guard let index = index(of: number), !attempts[index].state.isFinal else { return }
        attempts[index].lookAt = now + max(again, times.look(attempts[index].looks))
        attempts[index].looks += 1
    }

    /// A call has ended.
    public mutating func finish(_ name: PaymentCall.Name, _ outcome: PaymentOutcome, now: Timestamp) {
        guard let index = index(of: name.attempt),
            let call = calls.firstIndex(where: { $0.name == name && $0.state == .pending })
        else { return }
        switch outcome {
        case .unanswered(let error, let byStripe, let again):
            calls[call].error = error
            if byStripe { calls[call].failures += 1 }
            calls[call].dueAt = now + again
            return
        case .done(let seen):
            calls[call].state = .done
            note(seen, index)
            step(index, PaymentStanding(seen, of: attempts[index], order: order.id), now: now)
        case .refunded:
            calls[call].state = .done
            step(index, .refunded, now: now)
        case .refused(let code, let seen):
            calls[call].state = .refused
            calls[call].error = code
            refuse(index, name.operation, code: code, seen, now: now)
        case .doubtful(let error, let seen):
            calls[call].state = .doubted
            calls[call].error = error
            guard let seen else {
                // Of a page nobody was told the address of: it can't be paid at, and closes by itself.
                if name.operation == .createSession { open(again: index, now: now) } else { lookNow(index, now: now) }
                break
            }
            note(seen, index)
            step(index, PaymentStanding(seen, of: attempts[index], order: order.id), now: now)
        }
        settleWaiters(now: now)
    }

    private mutating func refuse(
        _ index: Int, _ operation: PaymentCall.Operation, code: String, _ seen: SeenPayment?, now: Timestamp
    ) {
        guard operation != .createSession else { return refuseToOpen(index, code: code, now: now) }
        guard let seen else { return lookNow(index, now: now) }
        note(seen, index)
        let standing = PaymentStanding(seen, of: attempts[index], order: order.id)
        switch (operation, standing) {
        case (.capture, .captured), (.capture, .refunded):
            step(index, standing, now: now)
        case (.capture, .authorized):
            // Still reserved, and not to be had: given back, so that the buyer is not left with it.
            attempts[index].failure = code
            undo(index, standing, now: now)
        case (.capture, _):
            attempts[index].failure = code
            step(index, standing, now: now)
        default:
            step(index, standing, now: now)
        }
    }

    private mutating func refuseToOpen(_ index: Int, code: String, now: Timestamp) {
        // The time in the request may have come too close while Stripe was away.
        if attempts[index].sessionExpiresAt - now < .seconds(31 * 60), aim(of: attempts[index]) == .pay {
            return open(again: index, now: now)
        }
        die(index, reason: code, now: now)
        guard order.isPayable(at: now) else { return }
        answer(.failure(Refusal(.notPayable, "The payment provider refused to open a page for this order (\(code)).")))
    }

    /// Once more with another key, or not at all if nobody could pay there any more.
    private mutating func open(again index: Int, now: Timestamp) {
        guard aim(of: attempts[index]) == .pay, order.isPayable(at: now) else {
            return die(index, reason: "not_opened", now: now)
        }
        attempts[index].sessionExpiresAt = PaymentTimes.pageEnd(of: order, now: now)
        plan(.createSession, index, now: now)
    }

    private mutating func lookNow(_ index: Int, now: Timestamp) {
        attempts[index].lookAt = now + times.look(attempts[index].looks)
        attempts[index].looks += 1
    }

    private func index(of number: Int) -> Int? { attempts.firstIndex { $0.number == number } }

    private mutating func note(_ seen: SeenPayment, _ index: Int) {
        if let session = seen.session {
            attempts[index].sessionId = session.id
            attempts[index].sessionURL = session.url ?? attempts[index].sessionURL
            attempts[index].sessionExpiresAt = session.expiresAt ?? attempts[index].sessionExpiresAt
            attempts[index].intentId = session.intentId ?? attempts[index].intentId
        }
        attempts[index].intentId = seen.intent?.id ?? attempts[index].intentId
    }
}
