/// The timers of one kind that wait in Redis.
public struct TimerReport: Sendable, Hashable, Codable {
    public let kind: String
    /// The number of timers that are set.
    public let waiting: Int
    /// The time for which the first timer has been due, or `nil` if none is due.
    public let overdueMilliseconds: Int?
}
