/// The delays between repeats of an effect under the same key, while it is unknown whether it took effect. The number
/// of repeats is not limited: an effect that gets no answer is never given up.
package struct RetryPolicy: Sendable, Equatable {
    package var firstDelay: Duration
    package var maxDelay: Duration

    package init(firstDelay: Duration = .milliseconds(500), maxDelay: Duration = .seconds(60)) {
        self.firstDelay = firstDelay
        self.maxDelay = maxDelay
    }

    /// Returns the delay before the next attempt.
    ///
    /// The delay doubles with each attempt up to `maxDelay`. Jitter then reduces it by up to half, so that many callers
    /// spread out. The delay is never less than `retryAfter`, unless that exceeds `maxDelay`.
    package func delay(
        afterAttempt attempt: Int, retryAfter: Duration? = nil, jitter: Double = .random(in: 0..<1)
    ) -> Duration {
        let doublings = min(max(attempt - 1, 0), 30)
        let full = min(firstDelay * (1 << doublings), maxDelay)
        let delay = full * (0.5 + jitter / 2)
        return max(delay, min(retryAfter ?? .zero, maxDelay))
    }
}
