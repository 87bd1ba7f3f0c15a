import Testing

@testable import Marketplace

/// Visits every world that can come to be from a new order, within bounds on how often a fault, a decline or a lapse
/// happens, and checks at each that nothing is wrong now and that nothing will be once all has settled.
@Suite struct PaymentWorldTests {
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
    func everyWorldIsSoundAndEndsWell(bounds: Bounds) {
        var first = PaymentWorld()
        first.starts = bounds.starts
        first.faults = bounds.faults
        first.lapses = bounds.lapses
        first.declines = bounds.declines
        first.byHand = bounds.byHand

        var cameFrom: [PaymentWorld: (move: String, from: PaymentWorld)] = [:]
        var found: Set<PaymentWorld> = [first]
        var queue = [first]
        var ends: Set<OrderState.Status> = []
        var breaches: [String] = []

        func history(_ world: PaymentWorld) -> [String] {
            var moves: [String] = []
            var world = world
            while let step = cameFrom[world] {
                moves.append(step.move)
                world = step.from
            }
            return moves.reversed()
        }

        var position = 0
        while position < queue.count, breaches.isEmpty {
            let world = queue[position]
            position += 1
            var end = world
            ends.insert(settle(&end))
            breaches += end.breaches.map { "\($0), at last, after \(history(world))" }
            if world.order.status == .awaitingPayment {
                var cancelled = world
                cancelled.cancelOrder()
                _ = settle(&cancelled)
                breaches += cancelled.breaches.map { "\($0), when cancelled after \(history(world))" }
            }
            for (move, next) in world.next() where found.insert(next).inserted {
                cameFrom[next] = (move, world)
                queue.append(next)
                breaches += next.breaches.map { "\($0), after \(history(next))" }
            }
        }
        #expect(breaches.prefix(3).isEmpty)
        // It would be a poor proof that never came to where the money is.
        #expect(ends.isSuperset(of: [.awaitingPayment, .complete, .cancelled]))
        #expect(queue.count > 1000)
    }

    /// Lets the world come to rest, and checks what it has come to.
    private func settle(_ world: inout PaymentWorld) -> OrderState.Status {
        world.drain()
        if !world.waiters.isEmpty { world.breaches.append("somebody still waits") }
        for attempt in world.attempts {
            guard let page = attempt.sessionId.flatMap({ world.pages[$0] }) else { continue }
            let isPaid = world.order.attempt == attempt.number
            let what =
                "\(world.order.status), attempt \(attempt.number) \(attempt.state), page \(page.status), \(page.intent)"
            switch (world.order.status, page.intent) {
            case (.awaitingPayment, .taken), (.confirmed, _), (.cancelled, .held), (.cancelled, .taken),
                (.cancelled, .unpaid), (.refunded, .held), (.refunded, .taken):
                world.breaches.append("it rests with \(what)")
            case (.cancelled, _) where page.status == .open: world.breaches.append("it rests with \(what)")
            case (.complete, .taken) where isPaid: break
            case (.complete, _) where isPaid: world.breaches.append("it rests with \(what)")
            case (.complete, .taken), (.complete, .held): world.breaches.append("it rests with \(what)")
            default: break
            }
        }
        return world.order.status
    }
}
