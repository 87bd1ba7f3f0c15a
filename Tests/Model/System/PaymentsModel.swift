import Marketplace

/// A model of one order's rows in the schema `payments`.
///
/// Due times and counters of retries are normalized, because due work may be done at any moment.
struct PaymentsModel: Hashable {
    struct Call: Hashable {
        var call: PaymentCall
        var request: StripeModel.Request
    }

    private(set) var order: PayableOrder?
    private(set) var attempts: [PaymentAttempt] = []
    private(set) var calls: [Call] = []
    private(set) var waiters: [PaymentWaiter] = []

    struct Decided {
        var outcome = OutcomeKind.reply
        var events: [PaymentEvent] = []
        /// The work whose rows were written, which ends the leases on them.
        var written: Set<Job.Work> = []
        var breaches: [String] = []
    }

    private static let times = PaymentTimes()
    /// More tries than the faults of any scenario can cause.
    private static let maxTries = 6
    private static let due = Fixture.start - .seconds(1)

    func call(_ name: PaymentCall.Name) -> Call? { calls.first { $0.call.name == name } }
    func session(of attempt: Int) -> String? { attempts.first { $0.number == attempt }?.sessionId }

    /// Handles one input in one transaction.
    mutating func decide(_ input: PaymentsInput, number: Int, now: Timestamp) -> Decided {
        var decided = Decided()
        if case .lease(let name) = input {
            if let index = calls.firstIndex(where: { $0.call.name == name }) { calls[index].call.runs = 1 }
            return decided
        }
        if case .message(.order(let state)) = input, order == nil {
            // Like the SQL, insert the copy before loading it, from whichever event comes first.
            order = PayableOrder(Self.normalized(state))
        }
        guard let order else {
            decided.outcome = .deferred
            return decided
        }
        var payments = OrderPayments(
            order: order, attempts: attempts, calls: calls.map(\.call), waiters: waiters, times: Self.times)
        switch input {
        case .lease: return decided
        case .message(let message):
            var owners: [String: (order: OrderID, attempt: Int)] = [:]
            for attempt in attempts {
                for id in [attempt.sessionId, attempt.intentId].compactMap(\.self) {
                    owners[id] = (order.id, attempt.number)
                }
            }
            var state = PaymentsDecider(payments: [payments], owners: owners, times: Self.times)
            let decision = state.decide(
                message.message(now: now, order: Fixture.orders[number], buyer: order.userId), now: now)
            decided.outcome = OutcomeKind(decision.outcome)
            decided.events = decision.events.compactMap { $0.body as? PaymentEvent }
            payments = state.payments[order.id] ?? payments
        case .finish(let name, let outcome): payments.finish(name, outcome, now: now)
        case .observe(let attempt, let snapshot): payments.observe(attempt, snapshot, now: now)
        case .pollFailed(let attempt): payments.pollFailed(attempt, retryAfter: .seconds(1), now: now)
        }
        decided.events += payments.takeEvents().compactMap { $0.body as? PaymentEvent }
        decided.events = decided.events.map(Self.normalized)
        store(payments, &decided)
        check(&decided.breaches)
        return decided
    }
}

// MARK: - Storing

extension PaymentsModel {
    private mutating func store(_ payments: OrderPayments, _ decided: inout Decided) {
        let changes = payments.changes
        if var order = changes.updatedOrder {
            order.eventVersion = 0
            self.order = order
        }
        for attempt in changes.updatedAttempts {
            guard let index = attempts.firstIndex(where: { $0.number == attempt.number }) else { continue }
            attempts[index] = Self.normalized(attempt)
            decided.written.insert(.poll(attempt: attempt.number))
        }
        for attempt in changes.insertedAttempts {
            if attempts.contains(where: { $0.number == attempt.number }) {
                decided.breaches.append("attempt \(attempt.number) begins twice")
            }
            attempts.append(Self.normalized(attempt))
        }
        for call in changes.updatedCalls {
            guard let index = calls.firstIndex(where: { $0.call.name == call.name }) else { continue }
            // Like the SQL, do not write the number of leases.
            let runs = calls[index].call.runs
            calls[index].call = Self.normalized(call)
            calls[index].call.runs = runs
            decided.written.insert(.call(call.name))
        }
        for (call, request) in changes.insertedCalls {
            if calls.contains(where: { $0.call.name == call.name }) {
                decided.breaches.append("\(call.operation.rawValue) \(call.try) is planned twice")
            }
            let key = call.key(of: payments.order.id)
            calls.append(Call(call: Self.normalized(call), request: StripeModel.Request(request, key: key)))
        }
        waiters.removeAll { changes.deletedWaiters.contains($0) }
        waiters += changes.insertedWaiters
    }

    private static func normalized(_ order: OrderState) -> OrderState {
        var order = order
        order.updatedAt = order.createdAt
        return order
    }

    private static func normalized(_ event: PaymentEvent) -> PaymentEvent {
        var event = event
        event.reason = nil
        return event
    }

    private static func normalized(_ attempt: PaymentAttempt) -> PaymentAttempt {
        var attempt = attempt
        attempt.polls = 0
        attempt.pollFailures = 0
        attempt.failure = nil
        attempt.pollAt = attempt.pollAt.map { _ in due }
        return attempt
    }

    private static func normalized(_ call: PaymentCall) -> PaymentCall {
        var call = call
        call.dueAt = due
        call.runs = min(call.runs, 1)
        call.failures = 0
        call.error = nil
        // The creation time matters only until the call is finished.
        if call.state != .pending { call.createdAt = Fixture.start }
        return call
    }
}

// MARK: - Invariants

extension PaymentsModel {
    private func check(_ breaches: inout [String]) {
        if let call = calls.first(where: { $0.call.try > Self.maxTries }) {
            breaches.append("\(call.call.operation.rawValue) is tried again and again")
        }
        if attempts.count(where: { !$0.state.isFinal }) > 1 { breaches.append("two attempts are active") }
        for attempt in attempts {
            let unfinished = calls.count { $0.call.attempt == attempt.number && $0.call.state == .pending }
            if unfinished > 1 { breaches.append("attempt \(attempt.number) has \(unfinished) unfinished calls") }
            if attempt.state.isFinal {
                if unfinished > 0 { breaches.append("attempt \(attempt.number) has ended and has a call") }
            } else if attempt.state != .captured, unfinished == 0, attempt.pollAt == nil || attempt.sessionId == nil {
                breaches.append(
                    "attempt \(attempt.number) is \(attempt.state.rawValue) and is never polled again")
            }
        }
    }
}
