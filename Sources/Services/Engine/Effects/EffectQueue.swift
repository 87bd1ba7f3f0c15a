import FoundationEssentials
import Streams
import Synchronization

/// The effects that this process has leased, from the lease until the outcome is stored.
///
/// If a decision makes effects due at once, its transaction also leases them. They are added here after COMMIT, so that
/// they need not wait for a poll of the database. If the process dies before that, their leases expire.
package final class EffectQueue<Effect: LeasedEffect>: Sendable {
    private enum Phase { case before, open, closed }

    private struct State {
        var phase = Phase.before
        var isDue = false
        /// Leased and not started.
        var waiting: [Effect] = []
        /// The number of requests without an answer.
        var running = 0
        /// The tokens of all effects whose outcome is not stored.
        var tokens: Set<UUID> = []
        var window: ConcurrencyWindow
    }

    private let state: Mutex<State>
    /// Notified when an effect can be started, or more may be due.
    let wakeup = Wakeup()

    package init(window: ConcurrencyWindow = ConcurrencyWindow()) {
        state = Mutex(State(window: window))
    }

    /// From now on, decisions in this process may lease their effects.
    package func open() {
        state.withLock { if $0.phase == .before { $0.phase = .open } }
    }

    /// Stops leasing. The queue can't be opened again.
    package func close() {
        state.withLock { $0.phase = .closed }
        wakeup.notify()
    }

    var isOpen: Bool { state.withLock { $0.phase == .open } }
    var hasWaitingEffects: Bool { state.withLock { !$0.waiting.isEmpty } }

    /// True if an effect added now would be started soon. If not, any worker may lease it.
    package var hasRoom: Bool { state.withLock { $0.phase == .open && $0.waiting.count < $0.window.size } }

    /// The number of due effects to lease now, so that the next are ready when the running requests end.
    ///
    /// It is `nil` while enough effects wait; the next call of ``takeDue()`` then returns true again.
    var leaseLimit: Int? {
        state.withLock { state in
            guard state.waiting.count <= state.window.size / 2 else {
                state.isDue = true
                return nil
            }
            return 2 * state.window.size - state.running - state.waiting.count
        }
    }

    /// Adds effects that a committed transaction has leased for this process.
    package func add(_ effects: [Effect]) {
        guard !effects.isEmpty else { return }
        state.withLock { state in
            state.waiting += effects
            state.tokens.formUnion(effects.map(\.token))
        }
        wakeup.notify()
    }

    /// Marks that effects without a lease may be due.
    package func markDue() {
        state.withLock { $0.isDue = true }
        wakeup.notify()
    }

    /// Returns true if effects were marked as due since the last call.
    func takeDue() -> Bool {
        state.withLock { state in
            defer { state.isDue = false }
            return state.isDue
        }
    }

    /// Removes and returns the effects to start now, oldest first.
    package func startNext() -> [Effect] {
        state.withLock { state in
            let effects = Array(state.waiting.prefix(max(0, state.window.size - state.running)))
            state.waiting.removeFirst(effects.count)
            state.running += effects.count
            return effects
        }
    }

    /// Counts the end of a request, with or without a response.
    func requestEnded() {
        state.withLock { state in
            state.window.answered(isFull: state.running >= state.window.size)
            state.running -= 1
        }
        wakeup.notify()
    }

    /// Narrows the window, because the other system has limited the rate.
    package func rateLimited() { state.withLock { $0.window.rateLimited(now: .now) } }

    /// Ends the renewal of leases whose outcome is stored or given up.
    func release(_ tokens: [UUID]) { state.withLock { $0.tokens.subtract(tokens) } }

    /// The tokens of the leases to renew.
    var tokens: [UUID] { state.withLock { Array($0.tokens) } }
}
