import FoundationEssentials
import Storage
import Streams
import Synchronization

/// The calls and polls that this process has leased, from the lease until the outcome is stored.
///
/// A decision leases what it makes due at once in its own transaction, and adds it here after COMMIT, so that nothing
/// waits for a poll of the database. If the process dies in between, the lease expires like any other.
final class LeasedCallQueue: Sendable {
    enum Item: Sendable {
        case call(LeasedCall)
        case poll(LeasedPoll)

        var token: UUID {
            switch self {
            case .call(let call): call.token
            case .poll(let poll): poll.token
            }
        }
    }

    private enum Phase { case before, open, closed }

    private struct State {
        var phase = Phase.before
        var isDue = false
        /// Leased and not started.
        var waiting: [Item] = []
        /// The number of requests that Stripe has not answered.
        var running = 0
        /// The tokens of all items whose outcome is not stored.
        var tokens: Set<UUID> = []
        var window = ConcurrencyWindow()
    }

    private let state = Mutex(State())
    /// Notified when an item can be started, or more may be due.
    let wakeup = Wakeup()

    /// Lets decisions of this process lease their calls and polls.
    func open() {
        state.withLock { if $0.phase == .before { $0.phase = .open } }
    }

    /// Stops leasing for good.
    func close() {
        state.withLock { $0.phase = .closed }
        wakeup.notify()
    }

    var isOpen: Bool { state.withLock { $0.phase == .open } }
    var hasWaitingItems: Bool { state.withLock { !$0.waiting.isEmpty } }

    /// True if an item added now would be started soon. If not, any worker may lease it.
    var hasRoom: Bool { state.withLock { $0.phase == .open && $0.waiting.count < $0.window.size } }

    /// The number of due items to lease now, so that the next are ready when the running requests end.
    ///
    /// It is `nil` while enough items wait. Then ``takeDue()`` returns true again later.
    var leaseLimit: Int? {
        state.withLock { state in
            guard state.waiting.count <= state.window.size / 2 else {
                state.isDue = true
                return nil
            }
            return 2 * state.window.size - state.running - state.waiting.count
        }
    }

    /// Adds items that a committed transaction has leased for this process.
    func add(_ items: [Item]) {
        guard !items.isEmpty else { return }
        state.withLock { state in
            state.waiting += items
            state.tokens.formUnion(items.map(\.token))
        }
        wakeup.notify()
    }

    /// Marks that calls or polls without a lease may be due.
    func markDue() {
        state.withLock { $0.isDue = true }
        wakeup.notify()
    }

    /// Returns true if ``markDue()`` was called since the last time.
    func takeDue() -> Bool {
        state.withLock { state in
            defer { state.isDue = false }
            return state.isDue
        }
    }

    /// Removes and returns the items to start now, oldest first.
    func startNext() -> [Item] {
        state.withLock { state in
            let items = Array(state.waiting.prefix(max(0, state.window.size - state.running)))
            state.waiting.removeFirst(items.count)
            state.running += items.count
            return items
        }
    }

    /// Counts the end of a request, with or without a response from Stripe.
    func requestEnded() {
        state.withLock { state in
            state.window.answered(isFull: state.running >= state.window.size)
            state.running -= 1
        }
        wakeup.notify()
    }

    /// Narrows the window, because Stripe has limited the rate.
    func rateLimited() { state.withLock { $0.window.rateLimited(now: .now) } }

    /// Ends the renewal of leases whose outcome is stored or given up.
    func release(_ tokens: [UUID]) { state.withLock { $0.tokens.subtract(tokens) } }

    /// The tokens of the leases to renew.
    var tokens: [UUID] { state.withLock { Array($0.tokens) } }
}
