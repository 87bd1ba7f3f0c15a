/// Beyond which of these a service takes no more commands.
public struct BacklogLimits: Sendable, Hashable {
    /// Entries in the inbox, those being handled included.
    public var length: Int
    /// The age of the oldest entry that no worker has been given.
    public var age: Duration
    /// For how long a measurement is believed without another look.
    public var freshness: Duration
    /// For how long it is believed while the next look is under way.
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
