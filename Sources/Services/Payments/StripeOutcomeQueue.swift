import Marketplace
import Streams
import Synchronization

/// The outcomes of calls and polls that are not stored yet.
final class StripeOutcomeQueue: Sendable {
    private struct State {
        var outcomes: [StripeOutcome] = []
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let wakeup = Wakeup()

    func add(_ outcome: StripeOutcome) {
        state.withLock { $0.outcomes.append(outcome) }
        wakeup.notify()
    }

    /// Marks the end: no outcome is added after it.
    func end() {
        state.withLock { $0.hasEnded = true }
        wakeup.notify()
    }

    /// Waits for outcomes, and removes and returns at most `limit` of them. An empty result means the end.
    ///
    /// A result has at most one outcome of each order, because the first may change what a second one applies to.
    func next(atMost limit: Int) async -> [StripeOutcome] {
        while true {
            let (batch, hasEnded) = state.withLock { state in
                var orders: Set<OrderID> = []
                var batch: [StripeOutcome] = []
                var rest: [StripeOutcome] = []
                for outcome in state.outcomes {
                    if batch.count < limit, orders.insert(outcome.order).inserted {
                        batch.append(outcome)
                    } else {
                        rest.append(outcome)
                    }
                }
                state.outcomes = rest
                return (batch, state.hasEnded)
            }
            if !batch.isEmpty || hasEnded || Task.isCancelled { return batch }
            await wakeup.wait()
        }
    }
}
