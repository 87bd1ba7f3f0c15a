/// The limits and delays of a consumer.
public struct ConsumerSettings: Sendable {
    /// Maximum number of entries in a batch.
    public var batchSize = 256
    /// Maximum number of batches that are handled at the same time, each on a separate database connection: while one
    /// batch waits for its COMMIT, the next is prepared.
    public var batchesInFlight = 2
    /// Maximum time that a read waits for an entry. A consumer that is asked to stop ends its read within this time. An
    /// idle consumer reads this often, and each read takes some 0.3 ms of the processor.
    public var blockTimeout: Duration = .milliseconds(200)
    /// Time between two heartbeats.
    public var heartbeatInterval: Duration = .seconds(1)
    /// Time without a heartbeat after which another consumer claims an entry.
    public var claimIdle: Duration = .seconds(5)
    /// Time between two polls for entries to claim. Entries that a stopping worker releases are claimed immediately.
    public var claimInterval: Duration = .milliseconds(750)
    /// Minimum time between two polls.
    public var minPollInterval: Duration = .milliseconds(1)
    /// Number of deliveries without an outcome after which an entry is suspected of ending the process that handles it.
    /// A note in Redis then says that a process has it in hand, and it runs while nothing else runs.
    public var suspectAfterDeliveries = 2
    /// Number of processes that may end while they have a suspected entry in hand. After that, the entry is a poison
    /// entry and becomes a dead letter.
    public var maxCrashesBeforeDeadLetter = 2
    /// Time for which the notes on entries in hand are kept after the last note was written.
    public var inHandExpiry: Duration = .seconds(86_400)
    /// Maximum number of suspects that wait in memory. At this number, nothing is claimed, and further entries that
    /// have failed are deferred again.
    public var maxSuspects = 256
    /// Time for which failed entries are deferred when ``maxSuspects`` are waiting.
    public var suspectDelay: Duration = .seconds(1)
    /// Time for other work between two entries that run while nothing else runs.
    public var pauseAfterIsolation: Duration = .milliseconds(10)
    /// Number of failures after which an entry is a poison entry and becomes a dead letter. Only failures of an entry
    /// that ran alone count.
    public var maxFailuresBeforeDeadLetter = 5
    /// Delay after the first failure. It doubles with each further failure.
    public var failureDelay: Duration = .milliseconds(500)
    /// Time between two polls for due entries that other consumers have deferred.
    public var dueInterval: Duration = .milliseconds(250)
    /// Time between two checks whether an operator has paused the service.
    public var pauseCheckInterval: Duration = .milliseconds(500)
    /// Maximum number of due entries that one call requeues.
    public var dueBatchSize = 256
    /// Approximate maximum number of replies in the stream of one process.
    public var maxReplies = 10_000
    /// Time that a reply stream is kept after its last reply.
    public var replyExpiry: Duration = .seconds(60)
    /// Delay before retrying an entry that could not be deferred because Redis was out of memory.
    public var outOfMemoryPause: Duration = .seconds(1)
    /// Time that a worker is listed as running after it last renewed its hash.
    public var workerExpiry: Duration = .seconds(15)
    /// Delay before retrying a batch that failed because a server is unavailable. It doubles up to `maxRetryDelay`.
    public var minRetryDelay: Duration = .milliseconds(100)
    public var maxRetryDelay: Duration = .seconds(2)

    public init() {}
}
