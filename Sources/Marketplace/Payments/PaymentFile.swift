public import FoundationEssentials

/// All that payments knows of one order: its copy, the attempts to pay it, the calls to Stripe, and who waits for a page.
///
/// Everything that happens (a command, an event of the order's, a call's outcome, a look at Stripe) goes the same way:
/// what is known is brought up to date, then ``PaymentFile/step(_:_:now:)`` compares where the attempt stands with what
/// the order wants of it, and takes the one next step. So an order that dies at any instant ends with nothing reserved
/// and nothing taken, whatever came first.
public struct PaymentFile: Sendable {
    public internal(set) var order: PayableOrder
    /// By number.
    public internal(set) var attempts: [PaymentAttempt]
    /// Every call of these attempts, finished ones too.
    public internal(set) var calls: [PaymentCall]
    public internal(set) var waiters: [PaymentWaiter]

    /// What is to be told, in order.
    public internal(set) var events: [NewEvent] = []
    public internal(set) var answers: [PaymentAnswer] = []
    /// What the new calls ask.
    private(set) var requests: [PaymentCall.Name: PaymentRequest] = [:]
    let before: Contents
    /// Its order's copy begins with it.
    let isNew: Bool
    let times: PaymentTimes
    /// Under which whoever decides also takes what is then due at once. Nil: it is left to whoever comes.
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

    /// The events since the last time, to hand them on.
    public mutating func takeEvents() -> [NewEvent] {
        defer { events = [] }
        return events
    }
}

// MARK: - What an order wants of an attempt

extension PaymentFile {
    enum Aim: Hashable { case pay, capture, undo }

    func aim(of attempt: PaymentAttempt) -> Aim {
        // What has begun to be undone is not taken up again.
        if attempt.state == .closing || attempt.state == .refunding { return .undo }
        switch order.status {
        case .awaitingPayment: return .pay
        case .confirmed, .complete: return order.claimed == attempt.number ? .capture : .undo
        case .cancelled, .refunded: return .undo
        }
    }
}

// MARK: - Commands and events

extension PaymentFile {
    /// Someone wants to pay, and waits.
    mutating func start(_ waiter: PaymentWaiter, now: Timestamp) {
        waiters.append(waiter)
        settleWaiters(now: now)
    }

    /// Something may have changed at Stripe: look now, unless it is known already.
    mutating func look(at number: Int?, about news: StripeNews, now: Timestamp) {
        for index in attempts.indices where number == nil || attempts[index].number == number {
            guard attempts[index].sessionId != nil, isNews(news, of: attempts[index]) else { continue }
            attempts[index].lookAt = now
        }
    }

    /// What is dead stays dead, and of what is captured only a refund made elsewhere is news. The end of our own capture
    /// is told by the call that makes it.
    private func isNews(_ news: StripeNews, of attempt: PaymentAttempt) -> Bool {
        switch (attempt.state, news) {
        case (.dead, _), (.refunded, _): false
        case (.captured, _): news == .refunded
        case (.authorized, .authorized), (.capturing, .authorized): false
        case (.capturing, .captured): unfinishedCall(of: attempt.number) == nil
        default: true
        }
    }

    /// The order has changed.
    mutating func hear(_ state: OrderState, now: Timestamp) {
        guard order.follow(state) else { return }
        for index in attempts.indices { reconsider(index, now: now) }
        settleWaiters(now: now)
    }

    private mutating func reconsider(_ index: Int, now: Timestamp) {
        let attempt = attempts[index]
        if attempt.state.isFinal { return correct(attempt, now: now) }
        if let call = unfinishedCall(of: attempt.number) {
            guard aim(of: attempt) == .undo, calls[call].runs == 0 else { return }
            switch attempt.state {
            case .opening:
                // Stripe never heard of it.
                calls[call].state = .withdrawn
                die(index, reason: "order_\(order.status.rawValue)", now: now)
            case .capturing:
                calls[call].state = .withdrawn
                step(index, .authorized(asked: true), now: now)
            default: return
            }
            return
        }
        if let standing = PaymentStanding(believedOf: attempt.state) {
            step(index, standing, now: now)
        }
    }

    /// Orders took up an attempt that had ended already, because events came in another order: it is told again.
    private mutating func correct(_ attempt: PaymentAttempt, now: Timestamp) {
        guard order.claimed == attempt.number else { return }
        switch (order.status, attempt.state) {
        case (.confirmed, .dead): tell(.failed, of: attempt)
        case (.confirmed, .refunded), (.complete, .refunded): tell(.refunded, of: attempt)
        default: break
        }
    }
}

// MARK: - Who waits for a page

extension PaymentFile {
    /// Answers whoever waits, as soon as it can be told, and begins an attempt where none is alive.
    mutating func settleWaiters(now: Timestamp) {
        guard !waiters.isEmpty else { return }
        guard order.isPayable(at: now) else {
            return answer(.failure(Refusal(.notPayable, whyNotPayable)))
        }
        guard let last = attempts.last else { return begin(now: now) }
        switch last.state {
        case .opening, .closing, .refunding: break
        case .open:
            guard let id = last.sessionId, let url = last.sessionURL else { return }
            answer(.success(Checkout(id: id, url: url)))
        case .authorized, .capturing, .captured:
            answer(.failure(Refusal(.notPayable, "The order is paid already: its payment is being confirmed.")))
        case .dead, .refunded: begin(now: now)
        }
    }

    mutating func answer(_ outcome: Result<Checkout, Refusal>) {
        answers += waiters.map { PaymentAnswer(waiter: $0, outcome: outcome) }
        waiters = []
    }

    private var whyNotPayable: String {
        switch order.status {
        case .awaitingPayment: "The time to pay this order is over."
        case .confirmed, .complete: "The order is paid already."
        case .cancelled: "The order is cancelled."
        case .refunded: "The order is refunded."
        }
    }

    private mutating func begin(now: Timestamp) {
        guard attempts.count < PaymentAttempt.limit else {
            return answer(.failure(Refusal(.notPayable, "Too many attempts to pay this order have failed.")))
        }
        let attempt = PaymentAttempt(
            number: (attempts.last?.number ?? 0) + 1, state: .opening, amount: order.total, currency: order.currency,
            sessionExpiresAt: PaymentTimes.pageEnd(of: order, now: now))
        attempts.append(attempt)
        plan(.createSession, attempts.count - 1, now: now)
    }
}

// MARK: - What every part of it uses

extension PaymentFile {
    /// The index of the attempt's call that has no outcome yet.
    func unfinishedCall(of attempt: Int) -> Int? {
        calls.firstIndex { $0.attempt == attempt && $0.state == .pending }
    }

    mutating func plan(_ operation: PaymentCall.Operation, _ index: Int, now: Timestamp) {
        let attempt = attempts[index]
        guard unfinishedCall(of: attempt.number) == nil,
            let request = PaymentRequest(operation, of: attempt, order: order)
        else { return }
        let last = calls.filter { $0.attempt == attempt.number && $0.operation == operation }.map(\.try).max() ?? 0
        let call = PaymentCall(
            attempt: attempt.number, operation: operation, try: last + 1,
            dueAt: last == 0 ? now : now + times.retry(last + 1), createdAt: now)
        calls.append(call)
        requests[call.name] = request
        attempts[index].lookAt = nil
    }

    mutating func move(_ index: Int, to state: PaymentAttempt.State) {
        guard attempts[index].state != state else { return }
        attempts[index].state = state
        attempts[index].looks = 0
    }

    mutating func tell(_ kind: PaymentEvent.Kind, of attempt: PaymentAttempt) {
        let event = PaymentEvent(
            kind: kind, orderId: order.id, attempt: attempt.number, amount: attempt.amount, currency: attempt.currency,
            paymentIntentId: attempt.intentId, reason: kind == .failed ? attempt.failure : nil)
        order.told += 1
        events.append(NewEvent(event.type, subject: order.id, version: order.told, body: event))
    }

    mutating func die(_ index: Int, reason: String, now: Timestamp) {
        attempts[index].failure = attempts[index].failure ?? reason
        move(index, to: .dead)
        attempts[index].lookAt = nil
        tell(.failed, of: attempts[index])
    }
}
