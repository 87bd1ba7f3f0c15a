import Synchronization

/// Wakes the tasks that wait for something to do. If no task waits, the notification is kept for the next wait.
///
/// If several tasks wait for a condition that an actor guards, each calls ``wait(until:isolation:)`` on that actor. The
/// method stays on the actor until the task waits, so no notification is lost between the check and the wait.
public final class Wakeup: Sendable {
    private struct Waiter {
        let continuation: CheckedContinuation<Void, Never>
        let deadline: ContinuousClock.Instant?
        var timer: Task<Void, Never>?

        func resume() {
            timer?.cancel()
            continuation.resume()
        }
    }

    private struct State {
        var isNotified = false
        var waiters: [UInt64: Waiter] = [:]
        var lastID: UInt64 = 0
    }

    private let state = Mutex(State())

    public init() {}

    /// Wakes all waiting tasks.
    public func notify() { wake { _ in true } }

    /// Wakes the tasks that would wait beyond this time.
    public func notify(before instant: ContinuousClock.Instant) {
        wake { deadline in deadline.map { instant < $0 } ?? true }
    }

    private func wake(where shouldWake: (_ deadline: ContinuousClock.Instant?) -> Bool) {
        let woken = state.withLock { state -> [Waiter] in
            guard !state.waiters.isEmpty else {
                state.isNotified = true
                return []
            }
            let woken = state.waiters.filter { shouldWake($0.value.deadline) }
            for id in woken.keys { state.waiters[id] = nil }
            return Array(woken.values)
        }
        for waiter in woken { waiter.resume() }
    }

    /// Returns when notified, at the deadline, or when the task is cancelled.
    public func wait(
        until deadline: ContinuousClock.Instant? = nil, isolation: isolated (any Actor)? = #isolation
    ) async {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        await withTaskCancellationHandler {
            // Passing the isolation on keeps this closure on the caller's actor.
            await withCheckedContinuation(isolation: isolation) { continuation in
                let isWaiting = state.withLock { state in
                    // If the task was cancelled before this point, `onCancel` has found nothing to resume.
                    guard !state.isNotified, !Task.isCancelled else {
                        state.isNotified = false
                        return false
                    }
                    state.waiters[id] = Waiter(continuation: continuation, deadline: deadline)
                    return true
                }
                guard isWaiting else { return continuation.resume() }
                if let deadline { startTimer(of: id, until: deadline) }
            }
        } onCancel: {
            endWait(id)
        }
    }

    private func startTimer(of id: UInt64, until deadline: ContinuousClock.Instant) {
        let timer = Task { [weak self] in
            guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
            self?.endWait(id)
        }
        let isWaiting = state.withLock { state in
            state.waiters[id]?.timer = timer
            return state.waiters[id] != nil
        }
        if !isWaiting { timer.cancel() }
    }

    private func endWait(_ id: UInt64) {
        state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
    }

    var waiterCount: Int { state.withLock { $0.waiters.count } }
}
