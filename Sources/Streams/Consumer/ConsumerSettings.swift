/// How a consumer reads, claims and gives up.
public struct ConsumerSettings: Sendable {
    /// The most entries of a batch.
    public var batchSize = 256
    /// The most batches that are handled at a time, each with a database connection of its own: while one waits for its
    /// commit, the next is prepared.
    public var batchesInFlight = 2
    /// How long a read waits for an entry. A worker that is asked to end ends within that time.
    public var block: Duration = .milliseconds(100)
    /// How often a consumer says that it still works on what it holds.
    public var heartbeatInterval: Duration = .seconds(1)
    /// How long an entry may go without a heartbeat before another consumer takes it.
    public var claimIdle: Duration = .seconds(5)
    /// How often it looks for such entries. What an ending worker gives back is looked for at once.
    public var claimInterval: Duration = .milliseconds(750)
    /// The least between two looks of one kind.
    public var shortestPause: Duration = .milliseconds(1)
    /// Delivered so often without an answer, an entry runs alone.
    public var suspectAfter = 2
    /// Failed so often while alone, an entry is given up on.
    public var failuresUntilDead = 5
    /// The pause after the first failure; it doubles with each further one.
    public var failureDelay: Duration = .milliseconds(500)
    /// How often it looks for entries that others put off and that are due.
    public var dueInterval: Duration = .milliseconds(250)
    /// How often it asks whether an operator has paused its pool.
    public var pauseInterval: Duration = .milliseconds(500)
    /// The most due entries brought back at once.
    public var dueLimit = 256
    /// About how many replies a process's stream keeps.
    public var replyCap = 10_000
    /// How long a reply stream outlives its last reply.
    public var replyExpiry: Duration = .seconds(60)
    /// How long what Redis had no memory to put off waits for another attempt.
    public var memoryPause: Duration = .seconds(1)
    /// How long a worker's heartbeat is shown after its last.
    public var workerExpiry: Duration = .seconds(15)
    /// The pause after a batch that could not be handled because something else is away; it doubles up to `longestPause`.
    public var firstPause: Duration = .milliseconds(100)
    public var longestPause: Duration = .seconds(2)

    public init() {}
}
