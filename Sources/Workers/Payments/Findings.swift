import Marketplace
import Synchronization

/// What came of calls and looks and is not stored yet.
final class Findings: Sendable {
    private struct State {
        var findings: [Finding] = []
        var isEnded = false
    }

    private let state = Mutex(State())
    private let signal = Signal()

    func add(_ finding: Finding) {
        state.withLock { $0.findings.append(finding) }
        signal.fire()
    }

    /// No more will come.
    func end() {
        state.withLock { $0.isEnded = true }
        signal.fire()
    }

    /// All that are there, at most so many and of each order one: what a second one is about may be changed by the first.
    /// Waits for one; none is the end.
    func next(atMost limit: Int) async -> [Finding] {
        while true {
            let (batch, isEnded) = state.withLock { state in
                var orders: Set<OrderID> = []
                var batch: [Finding] = []
                var rest: [Finding] = []
                for finding in state.findings {
                    if batch.count < limit, orders.insert(finding.order).inserted {
                        batch.append(finding)
                    } else {
                        rest.append(finding)
                    }
                }
                state.findings = rest
                return (batch, state.isEnded)
            }
            if !batch.isEmpty || isEnded || Task.isCancelled { return batch }
            await signal.wait()
        }
    }
}
