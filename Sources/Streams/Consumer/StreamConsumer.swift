public import Logging
public import Marketplace
public import RedisClient
import Synchronization

/// Reads a service's command stream and the events that it follows, in batches, and settles them.
///
///     read ──▶ batch ──▶ handle ──▶ settle: reply, ack, delete
///      ▲         │                    │
///      │         │ heartbeat          ├─▶ deferred ──▶ due ──▶ back to the command stream
///      └─ claim ◀┘ (if it stops,      └─▶ dead letter
///                   others claim)
///
/// The stages of several batches overlap: while a batch is handled, the previous batch is settled. Under load, the next
/// batch is read and handled at the same time.
///
/// Entries are delivered at least once. A handler stores the id of the command or event in the transaction that handles
/// it, and answers a repeated delivery with the stored reply. Any number of consumers may run for a service, in any
/// number of processes.
public actor StreamConsumer {
    public nonisolated let service: ServiceName
    /// The consumer's name in the groups. No other consumer ever uses it.
    public nonisolated let name: String

    let redis: RedisClient
    let blocking: RedisClient
    let keys: Keys
    let settings: ConsumerSettings
    /// Shared by all consumers of the process.
    let gate: HandlingGate
    let logger: Logger
    let follows: [ServiceName]
    /// The streams that the consumer reads now. Events come before commands, so that fewer commands are deferred
    /// because a copy is behind.
    var sources: [StreamSource]

    let clock = ContinuousClock()
    let startedAt = Timestamp.now()
    let isStopping = Atomic(false)
    let wakeups = Wakeups()

    var groupsExist = false
    /// Where the next search for entries to claim continues.
    var claimCursors: [StreamSource: String] = [:]
    /// Batches that were read or claimed, and wait for a handler.
    var ready: [Batch] = []
    /// Suspects that wait for ``handleNextSuspect(_:)``.
    var suspects: [StreamEntry] = []
    /// True while an entry that may end the process is handled or waits until no batch is in flight.
    var isIsolating = false
    var inFlight: [InFlightBatch] = []
    /// Renews the leases of the batches in flight.
    var heartbeatTask: Task<Void, Never>?
    /// True if the last read filled a batch. Then the next batch is read while that one is in flight.
    var isFlooded = false
    /// The service's release count when it was last read.
    var releasesSeen: Int64?
    var isPaused = false
    /// Number of entries settled.
    var doneCount = 0

    var nextHeartbeat: ContinuousClock.Instant
    var nextPresence: ContinuousClock.Instant
    var nextClaim: ContinuousClock.Instant
    var nextDuePoll: ContinuousClock.Instant
    var nextCleanup: ContinuousClock.Instant
    var nextPauseCheck: ContinuousClock.Instant

    /// - Parameters:
    ///   - follows: The services whose events it reads besides the service's own commands.
    ///   - redis: A client that may be shared.
    ///   - blocking: A client of role `.blocking`, used by this consumer alone. If it is a shared client, the consumer
    ///     polls.
    ///   - gate: All consumers of a process share one gate.
    public init(
        service: ServiceName, follows: [ServiceName] = [], redis: RedisClient, blocking: RedisClient, keys: Keys,
        settings: ConsumerSettings = .init(), gate: HandlingGate = HandlingGate(),
        name: String = InstanceName.make(), logger: Logger
    ) {
        self.service = service
        self.name = name
        self.redis = redis
        self.blocking = blocking
        self.keys = keys
        self.settings = settings
        self.gate = gate
        self.follows = follows
        sources = follows.map { .events($0) } + [.commands(service)]
        var logger = logger
        logger[metadataKey: "service"] = "\(service.rawValue)"
        logger[metadataKey: "consumer"] = "\(name)"
        self.logger = logger
        let now = clock.now
        (nextHeartbeat, nextPresence, nextPauseCheck) = (now, now, now)
        (nextClaim, nextDuePoll, nextCleanup) = (now, now, now)
    }

    /// Takes one step, for a caller that does not use ``run(_:)``. Returns the next batch, which is in flight until it
    /// is settled, or `nil` if no entry came within the block timeout.
    public func next() async throws -> Batch? {
        do {
            if !groupsExist { try await createGroups() }
            try await heartbeatIfDue()
            if ready.isEmpty, suspects.isEmpty {
                if try await refreshPause() { return nil }
                try await pollForWork()
                if ready.isEmpty, suspects.isEmpty {
                    let nextPoll = min(nextClaim, nextDuePoll)
                    try await read(for: min(settings.blockTimeout, clock.now.duration(to: nextPoll)))
                }
            }
        } catch let error as RedisError where error.reply?.isNoGroup == true {
            // Redis has lost its data, and the streams and groups start again. Or this service was moved off an event
            // stream.
            groupsExist = false
            return nil
        }
        if !ready.isEmpty { return startNext() }
        guard !suspects.isEmpty else { return nil }
        let suspect = startSuspect()
        return try await takeInHand(suspect) ? suspect : nil
    }
}
