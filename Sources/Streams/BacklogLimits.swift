/// The backlog at which the API refuses further commands for a service.
public struct BacklogLimits: Sendable, Hashable {
    /// Entries in the command stream, including entries in flight.
    public var length: Int
    /// Age of the oldest entry that no worker has received.
    public var age: Duration
    /// Maximum age at which a measurement is used without requesting another.
    public var freshness: Duration
    /// Maximum age at which a measurement is used while another is requested.
    public var staleness: Duration

    public init(
        length: Int = 20_000, age: Duration = .seconds(5), freshness: Duration = .milliseconds(100),
        staleness: Duration = .seconds(1)
    ) {
        self.length = length
        self.age = age
        self.freshness = freshness
        self.staleness = staleness
    }
}
