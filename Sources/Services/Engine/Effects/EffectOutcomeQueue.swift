import Streams
import Synchronization

/// The outcomes of effects that are not stored yet.
final class EffectOutcomeQueue<Effect: LeasedEffect, Outcome: Sendable>: Sendable {
    typealias Performed = (effect: Effect, outcome: Outcome)

    private struct State {
        var outcomes: [Performed] = []
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let wakeup = Wakeup()

    func add(_ outcome: Outcome, of effect: Effect) {
        state.withLock { $0.outcomes.append((effect, outcome)) }
        wakeup.notify()
    }

    /// Marks the end: no outcome is added after it.
    func end() {
        state.withLock { $0.hasEnded = true }
        wakeup.notify()
    }

    /// Waits for outcomes, and removes and returns at most `limit` of them. An empty result means the end.
    ///
    /// A result has at most one outcome of each subject, because the first may change the state that a second one
    /// applies to.
    func next(atMost limit: Int) async -> [Performed] {
        while true {
            let (batch, hasEnded) = state.withLock { state in
                var subjects: Set<Effect.Subject> = []
                var batch: [Performed] = []
                var rest: [Performed] = []
                for performed in state.outcomes {
                    if batch.count < limit, subjects.insert(performed.effect.subject).inserted {
                        batch.append(performed)
                    } else {
                        rest.append(performed)
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
