// Input from Stripe: polls of its objects, and outcomes of calls.
extension OrderPayments {
    /// Handles a poll of Stripe. The snapshot must be newer than everything stored for the attempt.
    public mutating func observe(_ number: Int, _ snapshot: PaymentSnapshot, now: Timestamp) {
        guard let index = index(of: number) else { return }
        // The outcome of a pending call will be newer than this snapshot.
        guard unfinishedCall(of: number) == nil else { return }
        attempts[index].pollAt = nil
        attempts[index].pollFailures = 0
        record(snapshot, index)
        advance(index, from: PaymentProgress(snapshot, of: attempts[index], order: order.id), now: now)
        serveWaiters(now: now)
    }

    /// Handles a failed poll of Stripe. The poll is repeated soon, because a hint may have requested it, and not later
    /// than the next regular poll.
    ///
    /// - Parameter retryAfter: The pause that Stripe requests, or nil if it requests none.
    public mutating func pollFailed(_ number: Int, retryAfter: Duration?, now: Timestamp) {
        guard let index = index(of: number), !attempts[index].state.isFinal else { return }
        let pause = max(retryAfter ?? .zero, times.pollRetryDelay(after: attempts[index].pollFailures))
        attempts[index].pollAt = now + min(pause, times.pollDelay(after: attempts[index].polls))
        attempts[index].pollFailures += 1
    }

    /// Handles the outcome of a call.
    public mutating func finish(_ name: PaymentCall.Name, _ outcome: PaymentOutcome, now: Timestamp) {
        guard let index = index(of: name.attempt),
            let call = calls.firstIndex(where: { $0.name == name && $0.state == .pending })
        else { return }
        switch outcome {
        case .unanswered(let error, let byStripe, let retryAfter):
            calls[call].error = error
            if byStripe { calls[call].failures += 1 }
            calls[call].dueAt = now + retryAfter
            return
        case .done(let snapshot):
            calls[call].state = .done
            record(snapshot, index)
            advance(index, from: PaymentProgress(snapshot, of: attempts[index], order: order.id), now: now)
        case .refunded:
            calls[call].state = .done
            advance(index, from: .refunded, now: now)
        case .refused(let code, let snapshot):
            calls[call].state = .refused
            calls[call].error = code
            handleRefusal(of: name.operation, index, code: code, snapshot, now: now)
        case .doubtful(let error, let snapshot):
            calls[call].state = .doubted
            calls[call].error = error
            guard let snapshot else {
                // If Stripe did open a page, its URL was never published. Nobody can pay on it, and Stripe closes it.
                if name.operation == .createSession { reopen(index, now: now) } else { pollSoon(index, now: now) }
                break
            }
            record(snapshot, index)
            advance(index, from: PaymentProgress(snapshot, of: attempts[index], order: order.id), now: now)
        }
        serveWaiters(now: now)
    }

    private mutating func handleRefusal(
        of operation: PaymentCall.Operation, _ index: Int, code: String, _ snapshot: PaymentSnapshot?, now: Timestamp
    ) {
        guard operation != .createSession else { return handleRefusalToOpen(index, code: code, now: now) }
        guard let snapshot else { return pollSoon(index, now: now) }
        record(snapshot, index)
        let progress = PaymentProgress(snapshot, of: attempts[index], order: order.id)
        switch (operation, progress) {
        case (.capture, .captured), (.capture, .refunded):
            advance(index, from: progress, now: now)
        case (.capture, .authorized):
            // The money is reserved but cannot be captured, so release it.
            attempts[index].failure = code
            undoStep(index, from: progress, now: now)
        case (.capture, _):
            attempts[index].failure = code
            advance(index, from: progress, now: now)
        default:
            advance(index, from: progress, now: now)
        }
    }

    private mutating func handleRefusalToOpen(_ index: Int, code: String, now: Timestamp) {
        // The time at which the page closes is part of the request. While Stripe was unavailable, it may have come
        // nearer than Stripe allows.
        if attempts[index].sessionExpiresAt - now < .seconds(31 * 60), goal(of: attempts[index]) == .pay {
            return reopen(index, now: now)
        }
        end(index, reason: code, now: now)
        guard order.isPayable(at: now) else { return }
        reply(.failure(Refusal(.notPayable, "The payment provider refused to open a page for this order (\(code)).")))
    }

    /// Tries again to open the payment page, under a new idempotency key. Ends the attempt if the order can no longer
    /// be paid or no try is left.
    private mutating func reopen(_ index: Int, now: Timestamp) {
        // An attempt without a page can't be paid, so it ends instead of becoming stuck.
        guard goal(of: attempts[index]) == .pay, order.isPayable(at: now),
            delayBeforeTry(of: .createSession, index) != nil
        else {
            return end(index, reason: "not_opened", now: now)
        }
        attempts[index].sessionExpiresAt = PaymentTimes.pageEnd(of: order, now: now)
        plan(.createSession, index, now: now)
    }

    private mutating func pollSoon(_ index: Int, now: Timestamp) {
        attempts[index].pollAt = now + times.pollDelay(after: attempts[index].polls)
        attempts[index].polls += 1
    }

    private func index(of number: Int) -> Int? { attempts.firstIndex { $0.number == number } }

    /// Stores the ids and times in the snapshot.
    private mutating func record(_ snapshot: PaymentSnapshot, _ index: Int) {
        if let session = snapshot.session {
            attempts[index].sessionId = session.id
            attempts[index].sessionURL = session.url ?? attempts[index].sessionURL
            attempts[index].sessionExpiresAt = session.expiresAt ?? attempts[index].sessionExpiresAt
            attempts[index].intentId = session.intentId ?? attempts[index].intentId
        }
        attempts[index].intentId = snapshot.intent?.id ?? attempts[index].intentId
    }
}
