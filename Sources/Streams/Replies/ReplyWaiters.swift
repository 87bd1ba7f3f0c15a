import Marketplace
import Synchronization

/// The callers that wait for replies, and their deadlines.
final class ReplyWaiters: Sendable {
    typealias Continuation = CheckedContinuation<Reply?, Never>

    private struct Waiter {
        enum State {
            case expected
            case waiting(Continuation, until: ContinuousClock.Instant)
            case answered(Reply)
        }

        let id: CommandID
        var state = State.expected
    }

    private struct State {
        /// The waiters by their numbers.
        var waiters: [UInt64: Waiter] = [:]
        var lastNumber: UInt64 = 0
        /// The time at which every wait ends, if the process is stopping.
        var end: ContinuousClock.Instant?
        /// The time of the next timeout. One timer serves all waiters.
        var nextTimeout: ContinuousClock.Instant?

        /// Returns true if a timer must be started for the deadline.
        mutating func needsTimer(until deadline: ContinuousClock.Instant) -> Bool {
            let isEarliest = nextTimeout.map { deadline < $0 } ?? true
            if isEarliest { nextTimeout = deadline }
            return isEarliest
        }
    }

    private let state = Mutex(State())
    private let maximum: Int

    init(maximum: Int) { self.maximum = maximum }

    /// Returns the number of a new waiter, or `nil` if there are too many.
    func register(_ id: CommandID) -> UInt64? {
        state.withLock { state in
            guard state.waiters.count < maximum else { return nil }
            state.lastNumber += 1
            state.waiters[state.lastNumber] = Waiter(id: id)
            return state.lastNumber
        }
    }

    func remove(_ number: UInt64) {
        state.withLock { _ = $0.waiters.removeValue(forKey: number) }
    }

    /// Delivers each reply to the waiter with its number, and a reply without a number to all waiters for its command.
    func deliver(_ replies: [(reply: Reply, waiter: UInt64?)]) {
        let answered = state.withLock { state in
            var answered: [(Continuation, Reply)] = []
            for (reply, number) in replies {
                let numbers =
                    number.map { [$0] } ?? state.waiters.filter { $0.value.id == reply.id }.map(\.key)
                for number in numbers {
                    guard let waiter = state.waiters[number], waiter.id == reply.id else { continue }
                    if case .waiting(let continuation, _) = waiter.state { answered.append((continuation, reply)) }
                    state.waiters[number]?.state = .answered(reply)
                }
            }
            return answered
        }
        for (continuation, reply) in answered { continuation.resume(returning: reply) }
    }

    func wait(_ number: UInt64, until deadline: ContinuousClock.Instant, _ continuation: Continuation) {
        enum Step {
            case resume(Reply?)
            case wait(timer: ContinuousClock.Instant?)
        }
        let step: Step = state.withLock { state in
            switch state.waiters[number]?.state {
            case .answered(let reply): return .resume(reply)
            // A second wait at the same time is not supported.
            case .waiting, nil: return .resume(nil)
            case .expected:
                let deadline = min(deadline, state.end ?? deadline)
                state.waiters[number]?.state = .waiting(continuation, until: deadline)
                return .wait(timer: state.needsTimer(until: deadline) ? deadline : nil)
            }
        }
        switch step {
        case .resume(let reply): continuation.resume(returning: reply)
        case .wait(let deadline): if let deadline { startTimer(until: deadline) }
        }
    }

    /// Ends one wait without a reply.
    func endWait(_ number: UInt64) {
        let waiting: Continuation? = state.withLock { state in
            guard case .waiting(let continuation, _) = state.waiters[number]?.state else { return nil }
            state.waiters[number]?.state = .expected
            return continuation
        }
        waiting?.resume(returning: nil)
    }

    /// Limits all present and future waits to this time.
    func endAll(by end: ContinuousClock.Instant) {
        let needsTimer = state.withLock { state in
            state.end = end
            for (number, waiter) in state.waiters {
                guard case .waiting(let continuation, let deadline) = waiter.state, deadline > end else { continue }
                state.waiters[number]?.state = .waiting(continuation, until: end)
            }
            return state.needsTimer(until: end)
        }
        if needsTimer { startTimer(until: end) }
    }

    private func startTimer(until instant: ContinuousClock.Instant) {
        Task { [weak self] in
            // This task is never cancelled.
            try? await Task.sleep(until: instant, clock: .continuous)
            self?.endExpiredWaits(at: instant)
        }
    }

    private func endExpiredWaits(at instant: ContinuousClock.Instant) {
        let now = ContinuousClock.now
        let (expired, next) = state.withLock { state -> ([Continuation], ContinuousClock.Instant?) in
            // A timer for an earlier time was started since then. It starts the next timer.
            guard state.nextTimeout == instant else { return ([], nil) }
            var expired: [Continuation] = []
            var next: ContinuousClock.Instant?
            for (number, waiter) in state.waiters {
                guard case .waiting(let continuation, let deadline) = waiter.state else { continue }
                if deadline <= now {
                    expired.append(continuation)
                    state.waiters[number]?.state = .expected
                } else {
                    next = min(next ?? deadline, deadline)
                }
            }
            state.nextTimeout = next
            return (expired, next)
        }
        for continuation in expired { continuation.resume(returning: nil) }
        if let next { startTimer(until: next) }
    }
}
