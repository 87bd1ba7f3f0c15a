/// How long to wait before a request is sent again with the same key. The loop is the caller's.
public struct RetryPolicy: Sendable, Equatable {
    public var firstDelay: Duration
    public var longestDelay: Duration
    /// After so many tries the caller gives the request to the sweep.
    public var maxAttempts: Int

    public init(
        firstDelay: Duration = .milliseconds(500), longestDelay: Duration = .seconds(60), maxAttempts: Int = 8
    ) {
        self.firstDelay = firstDelay
        self.longestDelay = longestDelay
        self.maxAttempts = maxAttempts
    }

    /// Doubles with each attempt up to the longest, then between half and all of it, so that many callers spread out.
    /// Never less than Stripe asked for. Nil when no attempt is left.
    ///
    /// - Parameters:
    ///   - attempt: how many were made, from 1 on.
    ///   - jitter: a random number, `0..<1`.
    public func delay(afterAttempt attempt: Int, retryAfter: Duration? = nil, jitter: Double) -> Duration? {
        guard attempt < maxAttempts else { return nil }
        let doublings = min(max(attempt - 1, 0), 30)
        let full = min(firstDelay * (1 << doublings), longestDelay)
        let delay = full * (0.5 + jitter / 2)
        return max(delay, min(retryAfter ?? .zero, longestDelay))
    }
}
