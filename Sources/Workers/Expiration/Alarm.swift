import Synchronization

/// Wakes the one that sleeps until a deadline, when there is an earlier one.
final class Alarm: Sendable {
    /// Until when the one sleeps; nil while nobody does.
    let wakesAt = Mutex<ContinuousClock.Instant?>(nil)
    private let signal = Signal()

    /// Returns when the time is over, when ``advance(to:)`` names an earlier end of it, or when the task is cancelled.
    /// One task may wait at a time.
    func wait(for duration: Duration) async {
        wakesAt.withLock { $0 = .now + duration }
        await signal.wait(for: duration)
        wakesAt.withLock { $0 = nil }
    }

    /// Whoever does not sleep now looks at what is due before it does again.
    func advance(to instant: ContinuousClock.Instant) {
        if wakesAt.withLock({ $0.map { instant < $0 } ?? true }) { signal.fire() }
    }
}
