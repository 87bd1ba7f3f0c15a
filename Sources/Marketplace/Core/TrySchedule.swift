/// The schedule for retrying an effect that another system refuses. After the last try, the effect is *stuck*: no more
/// tries follow until an operator requests them.
public struct TrySchedule: Hashable, Sendable {
    /// Maximum number of tries.
    public let limit: Int
    /// The delay between the first two tries.
    public let firstDelay: Duration
    /// Each delay is the previous delay multiplied by this factor.
    public let factor: Int

    public init(limit: Int, firstDelay: Duration, factor: Int) {
        self.limit = limit
        self.firstDelay = firstDelay
        self.factor = factor
    }

    /// Twelve tries within about a day: the delays triple from one second, so the last try is made 24.6 hours after the
    /// first. A refusal that lasts that long needs a person, and each further try would only add a row.
    public static let day = TrySchedule(limit: 12, firstDelay: .seconds(1), factor: 3)

    /// Returns the delay before the next try, or nil if none is left.
    ///
    /// - Parameter repeats: The number of tries since the first, or since an operator requested more.
    public func delay(after repeats: Int) -> Duration? {
        guard repeats + 1 < limit else { return nil }
        return (0..<max(repeats, 0)).reduce(firstDelay) { delay, _ in delay * factor }
    }
}
