import Marketplace

/// One order's rows in the schema `payments`. Times that only say when something is due again, and counts of how often,
/// are flattened: whatever is due may be done at any instant.
struct PaymentsBook: Hashable {
    struct Call: Hashable {
        var call: PaymentCall
        var request: StripeBook.Request
    }

    private(set) var order: PayableOrder?
    private(set) var attempts: [PaymentAttempt] = []
    private(set) var calls: [Call] = []
    private(set) var waiters: [PaymentWaiter] = []

    struct Decided {
        var verdict = VerdictKind.done
        var told: [PaymentEvent] = []
        /// Rows that were written: the leases on them are gone.
        var written: Set<Job.Work> = []
        var breaches: [String] = []
    }

    private static let times = PaymentTimes()
    /// More than any scenario has faults for.
    private static let mostTries = 6
    private static let due = Cast.start - .seconds(1)

    func call(_ name: PaymentCall.Name) -> Call? { calls.first { $0.call.name == name } }
    func session(of attempt: Int) -> String? { attempts.first { $0.number == attempt }?.sessionId }

    /// One transaction.
    mutating func decide(_ action: FileAction, number: Int, now: Timestamp) -> Decided {
        var decided = Decided()
        if case .lease(let name) = action {
            if let index = calls.firstIndex(where: { $0.call.name == name }) { calls[index].call.runs = 1 }
            return decided
        }
        if case .message(.order(let state)) = action, order == nil {
            // As the SQL does, before it loads: a copy begins with whichever event comes first.
            order = PayableOrder(Self.timeless(state))
        }
        guard let order else {
            decided.verdict = .putOff
            return decided
        }
        var file = PaymentFile(
            order: order, attempts: attempts, calls: calls.map(\.call), waiters: waiters, times: Self.times)
        switch action {
        case .lease: return decided
        case .message(let message):
            var owners: [String: (order: OrderID, attempt: Int)] = [:]
            for attempt in attempts {
                for id in [attempt.sessionId, attempt.intentId].compactMap(\.self) {
                    owners[id] = (order.id, attempt.number)
                }
            }
            var desk = PaymentsDesk(files: [file], owners: owners, times: Self.times)
            let decision = desk.decide(
                message.message(now: now, order: Cast.orders[number], buyer: order.userId), now: now)
            decided.verdict = VerdictKind(decision.verdict)
            decided.told = decision.events.compactMap { $0.body as? PaymentEvent }
            file = desk.files[order.id] ?? file
        case .finish(let name, let outcome): file.finish(name, outcome, now: now)
        case .observe(let attempt, let seen): file.observe(attempt, seen, now: now)
        case .missed(let attempt): file.missed(attempt, again: .seconds(1), now: now)
        }
        decided.told += file.takeEvents().compactMap { $0.body as? PaymentEvent }
        decided.told = decided.told.map(Self.timeless)
        store(file, &decided)
        check(&decided.breaches)
        return decided
    }
}

// MARK: - As the SQL does

extension PaymentsBook {
    private mutating func store(_ file: PaymentFile, _ decided: inout Decided) {
        let changes = file.changes
        if var order = changes.order {
            order.told = 0
            self.order = order
        }
        for attempt in changes.changedAttempts {
            guard let index = attempts.firstIndex(where: { $0.number == attempt.number }) else { continue }
            attempts[index] = Self.timeless(attempt)
            decided.written.insert(.look(attempt.number))
        }
        for attempt in changes.newAttempts {
            if attempts.contains(where: { $0.number == attempt.number }) {
                decided.breaches.append("attempt \(attempt.number) begins twice")
            }
            attempts.append(Self.timeless(attempt))
        }
        for call in changes.changedCalls {
            guard let index = calls.firstIndex(where: { $0.call.name == call.name }) else { continue }
            // How often it was leased is not among what is written.
            let runs = calls[index].call.runs
            calls[index].call = Self.timeless(call)
            calls[index].call.runs = runs
            decided.written.insert(.call(call.name))
        }
        for (call, request) in changes.newCalls {
            if calls.contains(where: { $0.call.name == call.name }) {
                decided.breaches.append("\(call.operation.rawValue) \(call.try) is planned twice")
            }
            let key = call.key(of: file.order.id)
            calls.append(Call(call: Self.timeless(call), request: StripeBook.Request(request, key: key)))
        }
        waiters.removeAll { changes.goneWaiters.contains($0) }
        waiters += changes.newWaiters
    }

    private static func timeless(_ order: OrderState) -> OrderState {
        var order = order
        order.updatedAt = order.createdAt
        return order
    }

    private static func timeless(_ event: PaymentEvent) -> PaymentEvent {
        var event = event
        event.reason = nil
        return event
    }

    private static func timeless(_ attempt: PaymentAttempt) -> PaymentAttempt {
        var attempt = attempt
        attempt.looks = 0
        attempt.failure = nil
        attempt.lookAt = attempt.lookAt.map { _ in due }
        return attempt
    }

    private static func timeless(_ call: PaymentCall) -> PaymentCall {
        var call = call
        call.dueAt = due
        call.runs = min(call.runs, 1)
        call.failures = 0
        call.error = nil
        // Of what has ended nobody asks when it began.
        if call.state != .pending { call.createdAt = Cast.start }
        return call
    }
}

// MARK: - What it promises

extension PaymentsBook {
    private func check(_ breaches: inout [String]) {
        if let call = calls.first(where: { $0.call.try > Self.mostTries }) {
            breaches.append("\(call.call.operation.rawValue) is asked for again and again")
        }
        if attempts.count(where: { !$0.state.isFinal }) > 1 { breaches.append("two attempts are alive") }
        for attempt in attempts {
            let unfinished = calls.count { $0.call.attempt == attempt.number && $0.call.state == .pending }
            if unfinished > 1 { breaches.append("attempt \(attempt.number) has \(unfinished) unfinished calls") }
            if attempt.state.isFinal {
                if unfinished > 0 { breaches.append("attempt \(attempt.number) has ended and has a call") }
            } else if attempt.state != .captured, unfinished == 0, attempt.lookAt == nil || attempt.sessionId == nil {
                breaches.append(
                    "attempt \(attempt.number) is \(attempt.state.rawValue) and nobody will ever look at it")
            }
        }
    }
}
