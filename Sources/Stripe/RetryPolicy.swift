/// The delays between retries of a request with the same idempotency key. The caller runs the retry loop.
public struct RetryPolicy: Sendable, Equatable {
    public var firstDelay: Duration
    public var maxDelay: Duration
    /// The maximum number of attempts, including the first.
    public var maxAttempts: Int

    public init(
        firstDelay: Duration = .milliseconds(500), maxDelay: Duration = .seconds(60), maxAttempts: Int = 8
    ) {
        self.firstDelay = firstDelay
        self.maxDelay = maxDelay
        self.maxAttempts = maxAttempts
    }

    /// Returns the delay before the next attempt, or `nil` if no attempt is left.
    ///
    /// The delay doubles with each attempt up to `maxDelay`. Jitter then reduces it by up to half, so that many callers
    /// spread out. It is never less than `retryAfter`, up to `maxDelay`.
    ///
    /// - Parameters:
    ///   - attempt: The number of attempts made so far, from 1.
    ///   - jitter: A random number in `0..<1`.
    public func delay(afterAttempt attempt: Int, retryAfter: Duration? = nil, jitter: Double) -> Duration? {
        guard attempt < maxAttempts else { return nil }
        let doublings = min(max(attempt - 1, 0), 30)
        let full = min(firstDelay * (1 << doublings), maxDelay)
        let delay = full * (0.5 + jitter / 2)
        return max(delay, min(retryAfter ?? .zero, maxDelay))
    }
}
