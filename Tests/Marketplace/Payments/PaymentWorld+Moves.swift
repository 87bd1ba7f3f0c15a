@testable import Marketplace

extension PaymentWorld {
    /// Every world that one thing more can make of this one.
    func next() -> [(move: String, world: PaymentWorld)] {
        var worlds: [(move: String, world: PaymentWorld)] = []
        func add(_ name: String, _ move: (inout PaymentWorld) -> Void) {
            var world = self
            move(&world)
            worlds.append((name, world))
        }

        if starts > 0 {
            add("start") { world in
                world.starts -= 1
                let id = CommandID("018f0000-0000-7000-8000-00000000010\(world.starts)")!
                world.change { $0.start(PaymentWaiter(command: id, reply: "api"), now: Self.now) }
            }
        }
        if order.status == .awaitingPayment { add("cancel the order") { $0.cancelOrder() } }
        for event in toPayments { add("deliver the order, \(event.status)") { $0.deliver(event) } }
        for told in toOrders {
            add("deliver \(told.kind) of \(told.attempt)") { $0.deliver(told) }
            // Delivered twice, or overtaken by another.
            if faults > 0 {
                add("deliver \(told.kind) of \(told.attempt), and again later") { world in
                    world.faults -= 1
                    world.deliver(told)
                    world.toOrders.insert(told)
                }
            }
        }
        addCalls(add)
        addLooks(add)
        addStripe(add)
        return worlds
    }

    private func addCalls(_ add: (String, (inout PaymentWorld) -> Void) -> Void) {
        for call in calls where call.state == .pending && !onTheirWay.contains(where: { $0.call == call.name }) {
            add("call \(call.name.operation)") { $0.call(call.name) }
            if call.operation == .capture, declines > 0 {
                add("call capture, declined") { world in
                    world.declines -= 1
                    world.call(call.name, declining: true)
                }
            }
            guard faults > 0 else { continue }
            add("call \(call.name.operation), worker killed before") { world in
                world.faults -= 1
                world.lease(call.name)
            }
            add("call \(call.name.operation), answer lost") { world in
                world.faults -= 1
                world.lease(call.name)
                _ = world.answer(call.name, declining: false)
                world.change {
                    $0.finish(
                        call.name, .unanswered(error: "time-out", byStripe: false, again: .seconds(1)), now: Self.now)
                }
            }
            for effect in [true, false] {
                add("call \(call.name.operation), 500 for ever, effect \(effect)") { world in
                    world.faults -= 1
                    world.lease(call.name)
                    if effect { _ = world.answer(call.name, declining: false) }
                    let session = world.attempts.first { $0.number == call.attempt }?.sessionId
                    let seen = call.operation == .createSession ? nil : session.map { world.seen($0) }
                    world.change { $0.finish(call.name, .doubtful(error: "500", seen), now: Self.now) }
                }
            }
        }
        for way in onTheirWay {
            add("store \(way.call.operation)") { $0.store(way) }
            guard faults > 0 else { continue }
            add("worker killed before storing \(way.call.operation)") { world in
                world.faults -= 1
                world.onTheirWay.remove(way)
            }
        }
    }

    private func addLooks(_ add: (String, (inout PaymentWorld) -> Void) -> Void) {
        if let looking {
            add("believe what was seen") { $0.believe(looking) }
        } else {
            for attempt in attempts where attempt.lookAt != nil {
                add("look at \(attempt.number)") { $0.look(attempt) }
            }
        }
    }

    private func addStripe(_ add: (String, (inout PaymentWorld) -> Void) -> Void) {
        for (session, page) in pages {
            // A page that nobody was told the address of can't be paid at.
            let isKnown = attempts.contains { $0.sessionId == session }
            if page.status == .open, isKnown {
                add("pay at \(session)") { world in
                    world.pages[session] = Page(status: .complete, intent: .held)
                    world.hint(session, about: .authorized)
                }
                if page.intent == .none { add("fail to pay at \(session)") { $0.pages[session]?.intent = .unpaid } }
            }
            guard lapses > 0 else { continue }
            if page.status == .open {
                add("\(session) closes by itself") { world in
                    world.lapses -= 1
                    world.pages[session]?.status = .expired
                }
            }
            if page.intent == .held {
                add("the authorisation of \(session) lapses") { world in
                    world.lapses -= 1
                    world.pages[session]?.intent = .canceled
                }
            }
        }
        guard byHand > 0 else { return }
        for (session, page) in pages where page.intent == .held || page.intent == .taken {
            add("\(session) \(page.intent) and changed by hand") { world in
                world.byHand -= 1
                world.pages[session]?.intent = page.intent == .held ? .taken : .givenBack
                if page.intent == .taken { world.hint(session, about: .refunded) }
            }
        }
    }
}

// MARK: - The moves

extension PaymentWorld {
    mutating func change(_ change: (inout PaymentFile) -> Void) {
        var file = file
        change(&file)
        keep(file)
    }

    mutating func deliver(_ event: OrderState) {
        toPayments.remove(event)
        change { $0.hear(event, now: Self.now) }
    }

    /// A webhook, or nothing: a lost one is found by the looks that are due anyway.
    mutating func hint(_ session: String, about news: StripeNews) {
        let attempt = attempts.first { $0.sessionId == session }?.number
        change { $0.look(at: attempt, about: news, now: Self.now) }
    }

    mutating func lease(_ name: PaymentCall.Name) {
        guard let index = calls.firstIndex(where: { $0.name == name }) else { return }
        calls[index].runs = 1
    }

    mutating func call(_ name: PaymentCall.Name, declining: Bool = false) {
        lease(name)
        onTheirWay.insert(OnItsWay(call: name, outcome: answer(name, declining: declining)))
    }

    mutating func store(_ way: OnItsWay) {
        onTheirWay.remove(way)
        change { $0.finish(way.call, way.outcome, now: Self.now) }
    }

    mutating func look(_ attempt: PaymentAttempt) {
        guard let session = attempt.sessionId,
            !calls.contains(where: { $0.attempt == attempt.number && $0.state == .pending })
        else { return }
        looking = Looking(attempt: attempt.number, seen: seen(session), fence: attempt)
    }

    mutating func believe(_ look: Looking) {
        looking = nil
        guard attempts.contains(look.fence) else { return }
        change { $0.observe(look.attempt, look.seen, now: Self.now) }
    }

    /// Everything that is under way comes to its end, with no more faults: where this world goes by itself.
    mutating func drain() {
        for _ in 0..<60 {
            let before = self
            if let looking { believe(looking) }
            for way in onTheirWay { store(way) }
            for event in toPayments { deliver(event) }
            for told in toOrders { deliver(told) }
            for call in calls where call.state == .pending {
                self.call(call.name)
                for way in onTheirWay { store(way) }
            }
            for attempt in attempts where attempt.lookAt != nil {
                look(attempt)
                if let looking { believe(looking) }
            }
            if self == before { return }
        }
        breaches.append("it does not come to rest")
    }
}
