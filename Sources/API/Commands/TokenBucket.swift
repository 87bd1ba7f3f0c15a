/// A bucket of tokens that is refilled evenly. Its state is the time at which it is full again, as in the generic cell
/// rate algorithm (ITU-T I.371).
struct TokenBucket {
    /// The time in which one token is added.
    let interval: Duration
    /// The bucket is empty if the time until it is full again is longer than this.
    let tolerance: Duration
    private let capacity: Int

    init(capacity: Int, fillTime: Duration) {
        self.capacity = capacity
        interval = fillTime / max(1, capacity)
        tolerance = interval * max(0, capacity - 1)
    }

    /// Takes a token. Returns the new state, or `nil` if the bucket is empty.
    ///
    /// - Parameter fullAt: The current state; `nil` for a full bucket.
    func take(fullAt: ContinuousClock.Instant?, now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        let full = max(fullAt ?? now, now)
        guard capacity > 0, now.duration(to: full) <= tolerance else { return nil }
        return full.advanced(by: interval)
    }
}
