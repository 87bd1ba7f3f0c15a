import Testing

@testable import Marketplace

/// Explores all states that a new order can reach, within bounds on faults, declines and lapses.
///
/// In each state the invariants must hold, now and after the system has settled.
@Suite struct PaymentExplorationTests {
    struct Bounds: Sendable, CustomStringConvertible {
        var starts: Int
        var faults: Int
        var lapses: Int
        var declines: Int
        var byHand: Int
        var description: String {
            "starts \(starts) faults \(faults) lapses \(lapses) declines \(declines) hand \(byHand)"
        }
    }

    static let bounds = [
        Bounds(starts: 1, faults: 2, lapses: 0, declines: 0, byHand: 0),
        Bounds(starts: 1, faults: 1, lapses: 1, declines: 1, byHand: 0),
        Bounds(starts: 2, faults: 1, lapses: 1, declines: 0, byHand: 0),
        Bounds(starts: 1, faults: 0, lapses: 1, declines: 1, byHand: 2),
    ]

    @Test(arguments: bounds)
    func everyReachableStateIsSoundAndSettles(bounds: Bounds) {
        var first = PaymentSystem()
        first.starts = bounds.starts
        first.faults = bounds.faults
        first.lapses = bounds.lapses
        first.declines = bounds.declines
        first.byHand = bounds.byHand

        var cameFrom: [PaymentSystem: (step: String, from: PaymentSystem)] = [:]
        var found: Set<PaymentSystem> = [first]
        var queue = [first]
        var ends: Set<OrderState.Status> = []
        var breaches: [String] = []

        func history(_ system: PaymentSystem) -> [String] {
            var steps: [String] = []
            var system = system
            while let step = cameFrom[system] {
                steps.append(step.step)
                system = step.from
            }
            return steps.reversed()
        }

        var position = 0
        while position < queue.count, breaches.isEmpty {
            let system = queue[position]
            position += 1
            var end = system
            ends.insert(settle(&end))
            breaches += end.breaches.map { "\($0), settled after \(history(system))" }
            if system.order.status == .awaitingPayment {
                var cancelled = system
                cancelled.cancelOrder()
                _ = settle(&cancelled)
                breaches += cancelled.breaches.map { "\($0), when cancelled after \(history(system))" }
            }
            for (step, next) in system.next() where found.insert(next).inserted {
                cameFrom[next] = (step, system)
                queue.append(next)
                breaches += next.breaches.map { "\($0), after \(history(next))" }
            }
        }
        #expect(breaches.prefix(3).isEmpty)
        // The exploration must reach states with and without a payment.
        #expect(ends.isSuperset(of: [.awaitingPayment, .complete, .cancelled]))
        #expect(queue.count > 1000)
    }

    /// Settles the system and checks the final state.
    private func settle(_ system: inout PaymentSystem) -> OrderState.Status {
        system.drain()
        if !system.waiters.isEmpty { system.breaches.append("a command still waits") }
        for attempt in system.attempts {
            guard let page = attempt.sessionId.flatMap({ system.pages[$0] }) else { continue }
            let isPaid = system.order.attempt == attempt.number
            let what =
                "\(system.order.status), attempt \(attempt.number) \(attempt.state), page \(page.status), "
                + "\(page.intent)"
            switch (system.order.status, page.intent) {
            case (.awaitingPayment, .captured), (.confirmed, _), (.cancelled, .authorized), (.cancelled, .captured),
                (.cancelled, .unpaid), (.refunded, .authorized), (.refunded, .captured):
                system.breaches.append("it rests with \(what)")
            case (.cancelled, _) where page.status == .open: system.breaches.append("it rests with \(what)")
            case (.complete, .captured) where isPaid: break
            case (.complete, _) where isPaid: system.breaches.append("it rests with \(what)")
            case (.complete, .captured), (.complete, .authorized): system.breaches.append("it rests with \(what)")
            default: break
            }
        }
        return system.order.status
    }
}
