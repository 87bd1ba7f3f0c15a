@testable import Marketplace

extension PaymentSystem {
    /// All states that one step leads to.
    func next() -> [(step: String, system: PaymentSystem)] {
        var systems: [(step: String, system: PaymentSystem)] = []
        func add(_ name: String, _ step: (inout PaymentSystem) -> Void) {
            var system = self
            step(&system)
            systems.append((name, system))
        }

        if starts > 0 {
            add("start") { system in
                system.starts -= 1
                let id = CommandID("018f0000-0000-7000-8000-00000000010\(system.starts)")!
                system.change { $0.start(PaymentWaiter(command: id, reply: "api"), now: Self.now) }
            }
        }
        if order.status == .awaitingPayment { add("cancel the order") { $0.cancelOrder() } }
        for event in toPayments { add("deliver the order, \(event.status)") { $0.deliver(event) } }
        for emitted in toOrders {
            add("deliver \(emitted.kind) of \(emitted.attempt)") { $0.deliver(emitted) }
            // The event may be delivered twice, or overtaken by a different event.
            if faults > 0 {
                add("deliver \(emitted.kind) of \(emitted.attempt), and again later") { system in
                    system.faults -= 1
                    system.deliver(emitted)
                    system.toOrders.insert(emitted)
                }
            }
        }
        addCalls(add)
        addPolls(add)
        addStripe(add)
        return systems
    }

    private func addCalls(_ add: (String, (inout PaymentSystem) -> Void) -> Void) {
        for call in calls where call.state == .pending && !pendingCalls.contains(where: { $0.call == call.name }) {
            add("call \(call.name.operation)") { $0.call(call.name) }
            if call.operation == .capture, declines > 0 {
                add("call capture, declined") { system in
                    system.declines -= 1
                    system.call(call.name, declining: true)
                }
            }
            guard faults > 0 else { continue }
            add("call \(call.name.operation), worker killed before") { system in
                system.faults -= 1
                system.lease(call.name)
            }
            add("call \(call.name.operation), response lost") { system in
                system.faults -= 1
                system.lease(call.name)
                _ = system.respond(call.name, declining: false)
                system.change {
                    $0.finish(
                        call.name, .unanswered(error: "time-out", byStripe: false, retryAfter: .seconds(1)),
                        now: Self.now)
                }
            }
            for effect in [true, false] {
                add("call \(call.name.operation), always 500, effect \(effect)") { system in
                    system.faults -= 1
                    system.lease(call.name)
                    if effect { _ = system.respond(call.name, declining: false) }
                    let session = system.attempts.first { $0.number == call.attempt }?.sessionId
                    let snapshot =
                        call.operation == .createSession ? nil : session.map { system.snapshot(of: $0) }
                    system.change { $0.finish(call.name, .doubtful(error: "500", snapshot), now: Self.now) }
                }
            }
        }
        for pending in pendingCalls {
            add("store \(pending.call.operation)") { $0.store(pending) }
            guard faults > 0 else { continue }
            add("worker killed before storing \(pending.call.operation)") { system in
                system.faults -= 1
                system.pendingCalls.remove(pending)
            }
        }
    }

    private func addPolls(_ add: (String, (inout PaymentSystem) -> Void) -> Void) {
        if let poll {
            add("store the snapshot") { $0.finishPoll(poll) }
        } else {
            for attempt in attempts where attempt.pollAt != nil {
                add("poll \(attempt.number)") { $0.startPoll(attempt) }
            }
        }
    }

    private func addStripe(_ add: (String, (inout PaymentSystem) -> Void) -> Void) {
        for (session, page) in pages {
            // Only pages whose URL was published can be paid.
            let isKnown = attempts.contains { $0.sessionId == session }
            if page.status == .open, isKnown {
                add("pay at \(session)") { system in
                    system.pages[session] = Page(status: .complete, intent: .authorized)
                    system.hint(session, about: .authorized)
                }
                if page.intent == .none { add("fail to pay at \(session)") { $0.pages[session]?.intent = .unpaid } }
            }
            guard lapses > 0 else { continue }
            if page.status == .open {
                add("\(session) expires") { system in
                    system.lapses -= 1
                    system.pages[session]?.status = .expired
                }
            }
            if page.intent == .authorized {
                add("the authorization of \(session) lapses") { system in
                    system.lapses -= 1
                    system.pages[session]?.intent = .canceled
                }
            }
        }
        guard byHand > 0 else { return }
        for (session, page) in pages where page.intent == .authorized || page.intent == .captured {
            add("\(session) \(page.intent) and changed by hand") { system in
                system.byHand -= 1
                system.pages[session]?.intent = page.intent == .authorized ? .captured : .refunded
                if page.intent == .captured { system.hint(session, about: .refunded) }
            }
        }
    }
}

// MARK: - Steps

extension PaymentSystem {
    mutating func change(_ change: (inout OrderPayments) -> Void) {
        var payments = payments
        change(&payments)
        store(payments)
    }

    mutating func deliver(_ event: OrderState) {
        toPayments.remove(event)
        change { $0.apply(PayableOrder(event), now: Self.now) }
    }

    /// Delivers a webhook. The model needs no step for a lost webhook, because polls are due anyway.
    mutating func hint(_ session: String, about hint: WebhookHint) {
        let attempt = attempts.first { $0.sessionId == session }?.number
        change { $0.poll(attempt, after: hint, now: Self.now) }
    }

    mutating func lease(_ name: PaymentCall.Name) {
        guard let index = calls.firstIndex(where: { $0.name == name }) else { return }
        calls[index].runs = 1
    }

    mutating func call(_ name: PaymentCall.Name, declining: Bool = false) {
        lease(name)
        pendingCalls.insert(PendingCall(call: name, outcome: respond(name, declining: declining)))
    }

    mutating func store(_ pending: PendingCall) {
        pendingCalls.remove(pending)
        change { $0.finish(pending.call, pending.outcome, now: Self.now) }
    }

    mutating func startPoll(_ attempt: PaymentAttempt) {
        guard let session = attempt.sessionId,
            !calls.contains(where: { $0.attempt == attempt.number && $0.state == .pending })
        else { return }
        poll = Poll(attempt: attempt.number, snapshot: snapshot(of: session), attemptBefore: attempt)
    }

    mutating func finishPoll(_ poll: Poll) {
        self.poll = nil
        guard attempts.contains(poll.attemptBefore) else { return }
        change { $0.observe(poll.attempt, poll.snapshot, now: Self.now) }
    }

    /// Finishes everything in progress, without faults and without the buyer.
    mutating func drain() {
        for _ in 0..<60 {
            let before = self
            if let poll { finishPoll(poll) }
            for pending in pendingCalls { store(pending) }
            for event in toPayments { deliver(event) }
            for emitted in toOrders { deliver(emitted) }
            for call in calls where call.state == .pending {
                self.call(call.name)
                for pending in pendingCalls { store(pending) }
            }
            for attempt in attempts where attempt.pollAt != nil {
                startPoll(attempt)
                if let poll { finishPoll(poll) }
            }
            if self == before { return }
        }
        breaches.append("the system never comes to rest")
    }
}
