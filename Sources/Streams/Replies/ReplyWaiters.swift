import Marketplace
import Synchronization

/// Who waits for which reply, and until when.
final class ReplyWaiters: Sendable {
    typealias Continuation = CheckedContinuation<Reply?, Never>

    private enum Place {
        case expected
        case waiting(Continuation, until: ContinuousClock.Instant)
        case answered(Reply)
    }

    private struct State {
        var places: [CommandID: [UInt64: Place]] = [:]
        var count = 0
        var lastTicket: UInt64 = 0
        /// When the present alarm rings: one for all, at the earliest deadline.
        var alarm: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    private let maximum: Int

    init(maximum: Int) { self.maximum = maximum }

    /// Nil when there are too many.
    func register(_ id: CommandID) -> UInt64? {
        state.withLock { state in
            guard state.count < maximum else { return nil }
            state.count += 1
            state.lastTicket += 1
            state.places[id, default: [:]][state.lastTicket] = .expected
            return state.lastTicket
        }
    }

    func giveUp(_ id: CommandID, _ ticket: UInt64) {
        state.withLock { state in
            guard state.places[id]?.removeValue(forKey: ticket) != nil else { return }
            state.count -= 1
            if state.places[id]?.isEmpty == true { state.places[id] = nil }
        }
    }

    /// - Parameter addressee: One of those who wait for the command, or all of them.
    func deliver(_ reply: Reply, to addressee: UInt64?) {
        let waiting = state.withLock { state in
            var waiting: [Continuation] = []
            for (ticket, place) in state.places[reply.id] ?? [:] where addressee == nil || addressee == ticket {
                if case .waiting(let continuation, _) = place { waiting.append(continuation) }
                state.places[reply.id]?[ticket] = .answered(reply)
            }
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: reply) }
    }

    func wait(_ id: CommandID, _ ticket: UInt64, until deadline: ContinuousClock.Instant, _ continuation: Continuation)
    {
        enum Step {
            case resume(Reply?)
            case wait(alarmIsNew: Bool)
        }
        let step: Step = state.withLock { state in
            switch state.places[id]?[ticket] {
            case .answered(let reply): return .resume(reply)
            // A second wait on one ticket, which nobody has a use for.
            case .waiting, nil: return .resume(nil)
            case .expected:
                state.places[id]?[ticket] = .waiting(continuation, until: deadline)
                let isEarliest = state.alarm.map { deadline < $0 } ?? true
                if isEarliest { state.alarm = deadline }
                return .wait(alarmIsNew: isEarliest)
            }
        }
        switch step {
        case .resume(let reply): continuation.resume(returning: reply)
        case .wait(let alarmIsNew): if alarmIsNew { setAlarm(for: deadline) }
        }
    }

    /// Ends a wait without a reply.
    func endWait(_ id: CommandID, _ ticket: UInt64) {
        let waiting: Continuation? = state.withLock { state in
            guard case .waiting(let continuation, _) = state.places[id]?[ticket] else { return nil }
            state.places[id]?[ticket] = .expected
            return continuation
        }
        waiting?.resume(returning: nil)
    }

    private func setAlarm(for instant: ContinuousClock.Instant) {
        Task { [weak self] in
            // Nobody cancels this task.
            try? await Task.sleep(until: instant, clock: .continuous)
            self?.alarmRang(instant)
        }
    }

    private func alarmRang(_ instant: ContinuousClock.Instant) {
        let now = ContinuousClock.now
        let (late, next) = state.withLock { state -> ([Continuation], ContinuousClock.Instant?) in
            // An earlier one has been set since, and rings for this one too.
            guard state.alarm == instant else { return ([], nil) }
            var late: [Continuation] = []
            var next: ContinuousClock.Instant?
            for (id, places) in state.places {
                for case (let ticket, .waiting(let continuation, let deadline)) in places {
                    if deadline <= now {
                        late.append(continuation)
                        state.places[id]?[ticket] = .expected
                    } else {
                        next = min(next ?? deadline, deadline)
                    }
                }
            }
            state.alarm = next
            return (late, next)
        }
        for continuation in late { continuation.resume(returning: nil) }
        if let next { setAlarm(for: next) }
    }
}
