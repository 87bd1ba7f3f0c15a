/// The delays between attempts. Each is twice the previous delay, up to a maximum.
public struct Backoff: Sendable {
    private let initial: Duration
    private let maximum: Duration
    private var step: Duration

    public init(from initial: Duration, to maximum: Duration) {
        self.initial = initial
        self.maximum = maximum
        step = initial
    }

    /// Returns the next delay.
    public mutating func next() -> Duration {
        defer { step = min(step * 2, maximum) }
        return step
    }

    /// Returns a random duration between half of the next delay and the whole delay.
    ///
    /// The jitter keeps processes that lost the same server from reconnecting at the same time.
    public mutating func nextWithJitter() -> Duration {
        next() * Double.random(in: 0.5...1)
    }

    /// Starts again with the first delay, after a success.
    public mutating func reset() { step = initial }
}
