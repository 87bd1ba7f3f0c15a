import FoundationEssentials
import Storage
import Synchronization

/// What this process has leased of what is to be asked of Stripe, from its lease until its outcome is stored.
///
/// What a decision plans for at once is leased in the transaction that decides it, and comes here with the COMMIT: it
/// waits for nobody to find it. If the process dies in between, the lease comes to its end like any other.
final class StripeWork: Sendable {
    enum Item: Sendable {
        case call(LeasedCall)
        case look(LeasedLook)

        var token: UUID {
            switch self {
            case .call(let call): call.token
            case .look(let look): look.token
            }
        }
    }

    private enum Phase { case before, open, closed }

    private struct State {
        var phase = Phase.before
        var isDue = false
        /// Leased and not begun.
        var waiting: [Item] = []
        /// Under way at Stripe.
        var asking = 0
        /// Of all whose outcome is not stored.
        var tokens: Set<UUID> = []
        var window = CallWindow()
    }

    private let state = Mutex(State())
    /// Fired when there is something to begin, or something may be due.
    let signal = Signal()

    /// From now on what is decided here is leased here.
    func open() {
        state.withLock { if $0.phase == .before { $0.phase = .open } }
    }

    /// Nothing more, for good.
    func close() {
        state.withLock { $0.phase = .closed }
        signal.fire()
    }

    var isOpen: Bool { state.withLock { $0.phase == .open } }
    var isWaiting: Bool { state.withLock { !$0.waiting.isEmpty } }

    /// Whether what is decided now would soon be begun here. Otherwise it is left to whoever has room.
    var hasRoom: Bool { state.withLock { $0.phase == .open && $0.waiting.count < $0.window.size } }

    /// How many to lease of what is due, so that the next are there when these are asked. Nil while there are enough: then
    /// what is due stays noted.
    var roomAhead: Int? {
        state.withLock { state in
            guard state.waiting.count <= state.window.size / 2 else {
                state.isDue = true
                return nil
            }
            return 2 * state.window.size - state.asking - state.waiting.count
        }
    }

    /// Leased for this process, by the transaction that has just committed.
    func add(_ items: [Item]) {
        guard !items.isEmpty else { return }
        state.withLock { state in
            state.waiting += items
            state.tokens.formUnion(items.map(\.token))
        }
        signal.fire()
    }

    /// Something is due that nobody has leased.
    func noteDue() {
        state.withLock { $0.isDue = true }
        signal.fire()
    }

    /// Whether something was noted as due since the last time.
    func takeDue() -> Bool {
        state.withLock { state in
            defer { state.isDue = false }
            return state.isDue
        }
    }

    /// What to begin now, the oldest first.
    func begin() -> [Item] {
        state.withLock { state in
            let items = Array(state.waiting.prefix(max(0, state.window.size - state.asking)))
            state.waiting.removeFirst(items.count)
            state.asking += items.count
            return items
        }
    }

    /// Stripe has answered, or has not: another one may be begun.
    func asked() {
        state.withLock { state in
            state.window.answered(isFull: state.asking >= state.window.size)
            state.asking -= 1
        }
        signal.fire()
    }

    /// Stripe says that it is asked too often.
    func refused() { state.withLock { $0.window.refused(now: .now) } }

    /// The outcome is stored, or given up: the lease is not renewed any more.
    func forget(_ tokens: [UUID]) { state.withLock { $0.tokens.subtract(tokens) } }

    /// Of what is to be kept.
    var tokens: [UUID] { state.withLock { Array($0.tokens) } }
}
