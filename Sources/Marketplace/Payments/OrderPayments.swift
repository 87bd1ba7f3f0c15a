public import FoundationEssentials

/// All payments of one order: the copy of the order, the attempts, the calls to Stripe, and the waiting commands.
///
/// An event of the order, the outcome of a call and a poll of Stripe are handled in the same way: they update the
/// stored state, then ``OrderPayments/advance(_:from:now:)`` compares the attempt's progress with the order's goal for
/// the attempt, and takes the next step. A command only begins an attempt or makes polls due. A closed order therefore
/// ends with nothing reserved and nothing captured, in whatever sequence the inputs arrive.
public struct OrderPayments: Sendable {
    public internal(set) var order: PayableOrder
    /// The attempts, ordered by number.
    public internal(set) var attempts: [PaymentAttempt]
    /// The last call of each operation of these attempts, finished or not.
    public internal(set) var calls: [PaymentCall]
    public internal(set) var waiters: [PaymentWaiter]

    /// The events to publish, in order.
    public internal(set) var events: [NewEvent] = []
    /// The replies to send.
    public internal(set) var replies: [PaymentReply] = []
    /// The content of the new calls.
    private(set) var requests: [PaymentCall.Name: PaymentRequest] = [:]
    let before: Contents
    /// True if the copy of the order is new.
    let isNew: Bool
    let times: PaymentTimes
    /// The lease token for work that becomes due with this decision. Nil if any worker may lease it.
    public let lease: UUID?

    public init(
        order: PayableOrder, attempts: [PaymentAttempt] = [], calls: [PaymentCall] = [],
        waiters: [PaymentWaiter] = [], isNew: Bool = false, times: PaymentTimes, lease: UUID? = nil
    ) {
        self.order = order
        self.attempts = attempts.sorted { $0.number < $1.number }
        self.calls = calls
        self.waiters = waiters
        self.isNew = isNew
        self.times = times
        self.lease = lease
        before = Contents(order: order, attempts: attempts, calls: calls, waiters: waiters)
    }

    /// Returns the events since the last call, and removes them.
    public mutating func takeEvents() -> [NewEvent] {
        defer { events = [] }
        return events
    }
}

// MARK: - The goal of an attempt

extension OrderPayments {
    /// The outcome that the order requires of an attempt.
    enum Goal: Hashable { case pay, capture, undo }

    func goal(of attempt: PaymentAttempt) -> Goal {
        // An attempt that is being undone is never resumed.
        if attempt.state == .closing || attempt.state == .refunding { return .undo }
        switch order.status {
        case .awaitingPayment: return .pay
        case .confirmed, .complete: return order.claimed == attempt.number ? .capture : .undo
        case .cancelled, .refunded: return .undo
        }
    }
}

// MARK: - Commands and events

extension OrderPayments {
    /// Handles a command to pay, whose sender waits for the reply.
    mutating func start(_ waiter: PaymentWaiter, now: Timestamp) {
        waiters.append(waiter)
        serveWaiters(now: now)
    }

    /// Makes a poll due now for each of these attempts that has a page, unless the reported change is already known.
    ///
    /// - Parameter number: The attempt's number, or nil for all attempts.
    mutating func poll(_ number: Int?, after hint: WebhookHint, now: Timestamp) {
        for index in attempts.indices where number == nil || attempts[index].number == number {
            guard attempts[index].sessionId != nil, isNews(hint, for: attempts[index]) else { continue }
            attempts[index].pollAt = now
            attempts[index].pollFailures = 0
        }
    }

    /// True if the hint may report a change that is not known yet.
    ///
    /// A final attempt stays final, and a captured attempt changes only by an external refund. The outcome of a capture
    /// is reported by its own call.
    private func isNews(_ hint: WebhookHint, for attempt: PaymentAttempt) -> Bool {
        switch (attempt.state, hint) {
        case (.ended, _), (.refunded, _): false
        case (.captured, _): hint == .refunded
        case (.authorized, .authorized), (.capturing, .authorized): false
        case (.capturing, .captured): unfinishedCall(of: attempt.number) == nil
        default: true
        }
    }

    /// Applies a new state of the order.
    mutating func apply(_ newer: PayableOrder, now: Timestamp) {
        guard order.apply(newer) else { return }
        for index in attempts.indices { reconsider(index, now: now) }
        serveWaiters(now: now)
    }

    private mutating func reconsider(_ index: Int, now: Timestamp) {
        let attempt = attempts[index]
        if attempt.state.isFinal { return repeatFinalEvent(of: attempt, now: now) }
        if let call = unfinishedCall(of: attempt.number) {
            guard goal(of: attempt) == .undo, calls[call].runs == 0 else { return }
            switch attempt.state {
            case .opening:
                // The call never reached Stripe.
                calls[call].state = .withdrawn
                end(index, reason: "order_\(order.status.rawValue)", now: now)
            case .capturing:
                calls[call].state = .withdrawn
                advance(index, from: .authorized(asRequested: true), now: now)
            default: return
            }
            return
        }
        if let progress = PaymentProgress(stored: attempt.state) {
            advance(index, from: progress, now: now)
        }
    }

    /// Publishes the last event of a final attempt again if the order claims the attempt. The orders service may have
    /// received the event before the claim.
    private mutating func repeatFinalEvent(of attempt: PaymentAttempt, now: Timestamp) {
        guard order.claimed == attempt.number else { return }
        switch (order.status, attempt.state) {
        case (.confirmed, .ended): emit(.failed, for: attempt)
        case (.confirmed, .refunded), (.complete, .refunded): emit(.refunded, for: attempt)
        default: break
        }
    }
}

// MARK: - Waiting commands

extension OrderPayments {
    /// Replies to the waiting commands if the result is known, and begins an attempt if none is active.
    mutating func serveWaiters(now: Timestamp) {
        guard !waiters.isEmpty else { return }
        guard order.isPayable(at: now) else {
            return reply(.failure(.notPayable(order.status)))
        }
        guard let last = attempts.last else { return begin(now: now) }
        switch last.state {
        case .opening, .closing, .refunding: break
        case .open:
            guard let id = last.sessionId, let url = last.sessionURL else { return }
            reply(.success(Checkout(id: id, url: url)))
        case .authorized, .capturing, .captured:
            reply(.failure(Refusal(.notPayable, "This order is already paid. Its payment is being confirmed.")))
        case .ended, .refunded: begin(now: now)
        }
    }

    /// Replies to all waiting commands.
    mutating func reply(_ result: Result<Checkout, Refusal>) {
        replies += waiters.map { PaymentReply(waiter: $0, result: result) }
        waiters = []
    }

    private mutating func begin(now: Timestamp) {
        guard attempts.count < PaymentAttempt.limit else {
            return reply(.failure(Refusal(.notPayable, "Too many attempts to pay for this order have failed.")))
        }
        let attempt = PaymentAttempt(
            number: (attempts.last?.number ?? 0) + 1, state: .opening, amount: order.total, currency: order.currency,
            sessionExpiresAt: PaymentTimes.pageEnd(of: order, now: now))
        attempts.append(attempt)
        plan(.createSession, attempts.count - 1, now: now)
    }
}

// MARK: - Shared steps

extension OrderPayments {
    /// The index of the attempt's call without an outcome.
    func unfinishedCall(of attempt: Int) -> Int? {
        calls.firstIndex { $0.attempt == attempt && $0.state == .pending }
    }

    /// Adds a call, unless the attempt has an unfinished one. If the operation has no try left, marks it as stuck
    /// instead.
    mutating func plan(_ operation: PaymentCall.Operation, _ index: Int, now: Timestamp) {
        let attempt = attempts[index]
        guard unfinishedCall(of: attempt.number) == nil,
            let request = PaymentRequest(operation, of: attempt, order: order)
        else { return }
        guard let delay = delayBeforeTry(of: operation, index) else { return giveUp(operation, index, now: now) }
        let last = lastCall(operation, of: attempt.number).map { calls[$0] }
        let call = PaymentCall(
            attempt: attempt.number, operation: operation, try: (last?.try ?? 0) + 1,
            dueAt: now + delay, repeats: last.map { $0.repeats + 1 } ?? 0, createdAt: now)
        calls.append(call)
        requests[call.name] = request
        attempts[index].pollAt = nil
    }

    /// The delay before the next try of the operation, or nil if none is left.
    func delayBeforeTry(of operation: PaymentCall.Operation, _ index: Int) -> Duration? {
        guard let last = lastCall(operation, of: attempts[index].number) else { return .zero }
        return PaymentTimes.tries.delay(after: calls[last].repeats)
    }

    func lastCall(_ operation: PaymentCall.Operation, of attempt: Int) -> Int? {
        calls.indices.filter { calls[$0].attempt == attempt && calls[$0].operation == operation }
            .max { calls[$0].try < calls[$1].try }
    }

    mutating func move(_ index: Int, to state: PaymentAttempt.State) {
        guard attempts[index].state != state else { return }
        attempts[index].state = state
        attempts[index].polls = 0
    }

    mutating func emit(_ kind: PaymentEvent.Kind, for attempt: PaymentAttempt) {
        let event = PaymentEvent(
            kind: kind, orderId: order.id, attempt: attempt.number, amount: attempt.amount, currency: attempt.currency,
            paymentIntentId: attempt.intentId, reason: kind == .failed ? attempt.failure : nil)
        order.eventVersion += 1
        events.append(NewEvent(event.type, subject: order.id, version: order.eventVersion, body: event))
    }

    mutating func end(_ index: Int, reason: String, now: Timestamp) {
        attempts[index].failure = attempts[index].failure ?? reason
        move(index, to: .ended)
        attempts[index].pollAt = nil
        emit(.failed, for: attempts[index])
    }
}
