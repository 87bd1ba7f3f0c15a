import Marketplace
import Synchronization

/// Who waits for which reply, and until when.
final class ReplyWaiters: Sendable {
    typealias Continuation = CheckedContinuation<Reply?, Never>

    private struct Place {
        enum State {
            case expected
            case waiting(Continuation, until: ContinuousClock.Instant)
            case answered(Reply)
        }

        let id: CommandID
        var state = State.expected
    }

    private struct State {
        /// By their tickets.
        var places: [UInt64: Place] = [:]
        var lastTicket: UInt64 = 0
        /// No wait lasts longer.
        var end: ContinuousClock.Instant?
        /// When the present alarm rings: one for all, at the earliest deadline.
        var alarm: ContinuousClock.Instant?

        /// Whether an alarm must be set for the deadline.
        mutating func needsAlarm(at deadline: ContinuousClock.Instant) -> Bool {
            let isEarliest = alarm.map { deadline < $0 } ?? true
            if isEarliest { alarm = deadline }
            return isEarliest
        }
    }

    private let state = Mutex(State())
    private let maximum: Int

    init(maximum: Int) { self.maximum = maximum }

    /// Nil when there are too many.
    func register(_ id: CommandID) -> UInt64? {
        state.withLock { state in
            guard state.places.count < maximum else { return nil }
            state.lastTicket += 1
            state.places[state.lastTicket] = Place(id: id)
            return state.lastTicket
        }
    }

    func giveUp(_ ticket: UInt64) {
        state.withLock { _ = $0.places.removeValue(forKey: ticket) }
    }

    /// Each to one of those who wait for its command, or, with no ticket, to all of them.
    func deliver(_ replies: [(reply: Reply, ticket: UInt64?)]) {
        let answered = state.withLock { state in
            var answered: [(Continuation, Reply)] = []
            for (reply, addressee) in replies {
                let tickets =
                    addressee.map { [$0] } ?? state.places.filter { $0.value.id == reply.id }.map(\.key)
                for ticket in tickets {
                    guard let place = state.places[ticket], place.id == reply.id else { continue }
                    if case .waiting(let continuation, _) = place.state { answered.append((continuation, reply)) }
                    state.places[ticket]?.state = .answered(reply)
                }
            }
            return answered
        }
        for (continuation, reply) in answered { continuation.resume(returning: reply) }
    }

    func wait(_ ticket: UInt64, until deadline: ContinuousClock.Instant, _ continuation: Continuation) {
        enum Step {
            case resume(Reply?)
            case wait(alarm: ContinuousClock.Instant?)
        }
        let step: Step = state.withLock { state in
            switch state.places[ticket]?.state {
            case .answered(let reply): return .resume(reply)
            // A second wait on one ticket, which nobody has a use for.
            case .waiting, nil: return .resume(nil)
            case .expected:
                let deadline = min(deadline, state.end ?? deadline)
                state.places[ticket]?.state = .waiting(continuation, until: deadline)
                return .wait(alarm: state.needsAlarm(at: deadline) ? deadline : nil)
            }
        }
        switch step {
        case .resume(let reply): continuation.resume(returning: reply)
        case .wait(let alarm): if let alarm { setAlarm(for: alarm) }
        }
    }

    /// Ends a wait without a reply.
    func endWait(_ ticket: UInt64) {
        let waiting: Continuation? = state.withLock { state in
            guard case .waiting(let continuation, _) = state.places[ticket]?.state else { return nil }
            state.places[ticket]?.state = .expected
            return continuation
        }
        waiting?.resume(returning: nil)
    }

    /// Ends all waits, those to come too, at that time if they have not ended before.
    func endAll(by end: ContinuousClock.Instant) {
        let needsAlarm = state.withLock { state in
            state.end = end
            for (ticket, place) in state.places {
                guard case .waiting(let continuation, let deadline) = place.state, deadline > end else { continue }
                state.places[ticket]?.state = .waiting(continuation, until: end)
            }
            return state.needsAlarm(at: end)
        }
        if needsAlarm { setAlarm(for: end) }
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
            for (ticket, place) in state.places {
                guard case .waiting(let continuation, let deadline) = place.state else { continue }
                if deadline <= now {
                    late.append(continuation)
                    state.places[ticket]?.state = .expected
                } else {
                    next = min(next ?? deadline, deadline)
                }
            }
            state.alarm = next
            return (late, next)
        }
        for continuation in late { continuation.resume(returning: nil) }
        if let next { setAlarm(for: next) }
    }
}
