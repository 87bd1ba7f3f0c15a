public import Logging
public import Marketplace
public import RedisClient
import Synchronization

/// Reads a service's inbox and the events it follows, in batches, and settles them.
///
///     read ──▶ batch ──▶ handle ──▶ settle: reply, ack, delete
///      ▲         │                    │
///      │         │ heartbeat          ├─▶ later ──▶ due ──▶ back to the inbox
///      └─ claim ◀┘ (stops: others     └─▶ dead
///                   claim it)
///
/// The stages of several batches overlap: while one is handled, the one before it is settled, and under a flood the next
/// is read and handled beside it.
///
/// An entry is delivered at least once: a handler stores the command's or event's id in the transaction that takes it
/// in, and answers a repeat from there. Any number of consumers may run for a service, in any number of processes.
public actor StreamConsumer {
    public nonisolated let service: Service
    /// Never used by another consumer, nor again by this one.
    public nonisolated let name: String

    let redis: RedisClient
    let blocking: RedisClient
    let keys: Keys
    let settings: ConsumerSettings
    let logger: Logger
    /// Events before commands: copies that are ahead spare commands a put-off.
    nonisolated let sources: [StreamSource]

    let isStopping = Atomic(false)
    let clock = ContinuousClock()
    var groupsExist = false
    private var cursors: [StreamSource: String] = [:]
    /// Read or claimed, and waiting for a batch in hand.
    var ready: [Batch] = []
    var inHand: [Hand] = []
    var heart: Task<Void, Never>?
    /// Whether the last read left some behind: then it pays to read ahead of the batch in hand.
    var isFlooded = false
    /// How often entries were given back to this service when it was last asked.
    private var returnsSeen: Int64?
    var bells: [BellName: Bell] = [:]
    private var nextBeat: ContinuousClock.Instant
    private var nextSign: ContinuousClock.Instant
    var nextClaim: ContinuousClock.Instant
    var nextLook: ContinuousClock.Instant
    private var nextTidying: ContinuousClock.Instant
    var nextPauseLook: ContinuousClock.Instant
    var isPaused = false
    private let startedAt = Timestamp.now()
    private var doneCount = 0

    /// - Parameters:
    ///   - redis: shared with whom you like.
    ///   - blocking: of role `.blocking`, and this consumer's alone.
    public init(
        service: Service, redis: RedisClient, blocking: RedisClient, keys: Keys, settings: ConsumerSettings = .init(),
        name: String = InstanceName.make(), logger: Logger
    ) {
        self.service = service
        self.name = name
        self.redis = redis
        self.blocking = blocking
        self.keys = keys
        self.settings = settings
        sources = service.follows.map { .events($0) } + [.commands(service)]
        var logger = logger
        logger[metadataKey: "pool"] = "\(service.rawValue)"
        logger[metadataKey: "consumer"] = "\(name)"
        self.logger = logger
        let now = clock.now
        (nextBeat, nextSign, nextPauseLook) = (now, now, now)
        (nextClaim, nextLook, nextTidying) = (now, now, now)
    }

    // MARK: Reading

    /// One step by hand: the next batch, which stays in hand until it is settled. Nil when there was nothing for a while.
    public func next() async throws -> Batch? {
        do {
            if !groupsExist { try await createGroups() }
            try await beatForWhatWaits()
            if ready.isEmpty {
                if try await rests() { return nil }
                try await look()
                if ready.isEmpty {
                    try await read(for: min(settings.block, clock.now.duration(to: min(nextClaim, nextLook))))
                }
            }
        } catch let error as RedisError where error.reply?.isNoGroup == true {
            // Redis has lost its data: the groups begin again at the beginning, as their streams do.
            groupsExist = false
            return nil
        }
        guard !ready.isEmpty else { return nil }
        let batch = takeFirst()
        return try await buriesKiller(batch) ? nil : batch
    }

    /// Takes the first that is ready into hand.
    func takeFirst() -> Batch {
        let batch = ready.removeFirst()
        inHand.append(Hand(batch: batch))
        return batch
    }

    /// Whether it was one that ran alone every time but the first few, and no worker has lived to tell.
    func buriesKiller(_ batch: Batch) async throws -> Bool {
        guard let killer = batch.entries.first, killer.deliveries > deliveriesUntilDead else { return false }
        try await settle(batch, [.dead(reason: "\(killer.deliveries - 1) workers ended without an answer to it")])
        return true
    }

    private var deliveriesUntilDead: Int { settings.suspectAfter + settings.failuresUntilDead }

    /// Groups begin at the beginning of their stream: what was there before the group is work, too.
    func createGroups() async throws {
        let commands = sources.map {
            RedisCommand("XGROUP", "CREATE", $0.key(keys), service.rawValue, "0", "MKSTREAM")
        }
        for reply in try await redis.pipeline(commands) {
            if let error = reply.error, error.code != "BUSYGROUP" {
                throw RedisError.server(error, during: "XGROUP CREATE")
            }
        }
        groupsExist = true
    }

    /// Looks for what others have left behind, and for what is due.
    func look() async throws {
        let now = clock.now
        if now >= nextClaim {
            nextClaim = now + settings.claimInterval
            try await claim()
            try await tidy()
        }
        if now >= nextLook {
            nextLook = now + settings.dueInterval
            do {
                if let next = try await bringBack() { nextLook = min(nextLook, clock.now + next) }
            } catch let error as RedisError where error.reply?.isOutOfMemory == true {
                // What is due can wait; reading on is what makes room.
                logger.notice("Redis has no memory for what is due", metadata: ["error": "\(error)"])
            }
        }
    }

    func read(for wait: Duration) async throws {
        // 0 would mean for ever.
        let milliseconds = max(wait.wholeMicroseconds / 1000, 1)
        var command = RedisCommand(
            "XREADGROUP", "GROUP", service.rawValue, name, "COUNT", settings.batchSize, "BLOCK", milliseconds, "STREAMS"
        )
        command.append(contentsOf: sources.map { $0.key(keys) } + sources.map { _ in ">" })
        let timeout = Duration.milliseconds(milliseconds) + blocking.configuration.commandTimeout
        let replies = try await blocking.pipeline(
            [command, RedisCommand("GET", keys.returned(service))], timeout: timeout)
        if let error = replies[0].error { throw RedisError.server(error, during: "XREADGROUP") }
        notice(returns: replies[1].int ?? 0)
        let found = try StreamReply.streams(replies[0], keys: keys, sources: sources)
        isFlooded = found.count >= settings.batchSize
        take(found)
    }

    /// Looks for what an ending worker has given back as soon as there is something.
    private func notice(returns: Int64) {
        defer { returnsSeen = returns }
        guard let returnsSeen, returnsSeen != returns else { return }
        nextClaim = clock.now
        ring(.keeper)
    }

    private func claim() async throws {
        let steps = sources.map { source in
            Step.script(
                Scripts.claim, keys: [source.key(keys)],
                arguments: [
                    service.rawValue, name, settings.claimIdle.wholeMicroseconds / 1000, cursors[source] ?? "0-0",
                    settings.batchSize,
                ])
        }
        var found: [StreamReply.Entry] = []
        let isSilent = clock.now >= nextSign
        let replies = try await redis.pipeline(steps + (isSilent ? sayAlive(handling: 0) : []))
        for (source, reply) in zip(sources, replies) {
            if let error = reply.error { throw RedisError.server(error, during: "claiming from \(source)") }
            let (cursor, entries) = try StreamReply.claimed(reply, source: source)
            cursors[source] = cursor
            found += entries
        }
        if !found.isEmpty { logger.info("took over entries", metadata: ["count": "\(found.count)"]) }
        take(found, except: heldIDs)
    }

    /// Makes batches: suspects alone, and after the others.
    /// - Parameter held: what is not to be taken once more.
    private func take(_ found: [StreamReply.Entry], except held: [StreamSource: Set<StreamID>] = [:]) {
        if ready.isEmpty { nextBeat = clock.now + settings.heartbeatInterval }
        var together: [StreamEntry] = []
        var alone: [StreamEntry] = []
        for entry in found where held[entry.source]?.contains(entry.id) != true {
            let entry = StreamEntry(
                source: entry.source, id: entry.id, fields: entry.fields, deliveriesBefore: entry.deliveriesBefore,
                suspectAfter: settings.suspectAfter)
            if entry.isSuspect { alone.append(entry) } else { together.append(entry) }
        }
        // As a rule it is one batch, whose entries are not copied.
        if !together.isEmpty, together.count <= settings.batchSize {
            ready.append(Batch(entries: together))
            together = []
        }
        for start in stride(from: 0, to: together.count, by: settings.batchSize) {
            ready.append(Batch(entries: Array(together[start...].prefix(settings.batchSize))))
        }
        ready += alone.map { Batch(entries: [$0]) }
        if !ready.isEmpty { ring(.handlers) }
    }

    /// Brings back what is due; in how long the next is.
    private func bringBack() async throws -> Duration? {
        let reply = try await redis.evaluate(
            Scripts.bringBack, keys: [keys.later(service), keys.commands(service), keys.dead(service)],
            arguments: [settings.dueLimit])
        guard let next = reply.array?.last?.int else { throw UnexpectedReply(work: "bringing back what is due") }
        return next < 0 ? nil : .milliseconds(next)
    }

    /// Consumers leave their name behind when they end with something pending.
    private func tidy() async throws {
        guard clock.now >= nextTidying else { return }
        nextTidying = clock.now + .seconds(600)
        let steps = sources.map {
            Step.script(Scripts.forgetConsumers, keys: [$0.key(keys)], arguments: [service.rawValue, 3_600_000])
        }
        _ = try await redis.pipeline(steps)
    }

    // MARK: Holding

    private var heldIDs: [StreamSource: Set<StreamID>] {
        var ids: [StreamSource: Set<StreamID>] = [:]
        for batch in ready + inHand.map(\.batch) {
            for entry in batch.entries { ids[entry.source, default: []].insert(entry.streamID) }
        }
        return ids
    }

    /// Says for all that is held that it is being worked on. Answers what others have taken: what was only ready is
    /// dropped, and work on a batch in hand is cancelled.
    @discardableResult
    func heartbeat() async throws -> [StreamSource: Set<StreamID>] {
        let held = heldIDs.sorted { $0.key.description < $1.key.description }
        let steps = held.map { source, ids in
            Step.script(
                Scripts.heartbeat, keys: [source.key(keys)],
                arguments: [service.rawValue, name] + ids.sorted().map(\.description))
        }
        let count = inHand.reduce(0) { $0 + $1.batch.entries.count }
        let replies = try await redis.pipeline(steps + sayAlive(handling: count))
        nextBeat = clock.now + settings.heartbeatInterval
        var lost: [StreamSource: Set<StreamID>] = [:]
        for ((source, ids), reply) in zip(held, replies) {
            if let error = reply.error {
                // Without its group nothing of this source is ours any more.
                guard error.isNoGroup else { throw RedisError.server(error, during: "a heartbeat for \(source)") }
                groupsExist = false
                lost[source] = ids
                continue
            }
            let taken = (reply.array ?? []).compactMap { $0.string.flatMap { StreamID($0) } }
            if !taken.isEmpty { lost[source] = Set(taken) }
        }
        if !lost.isEmpty {
            ready = ready.compactMap { $0.without(lost) }
            note(taken: lost)
            ring(.reader)
        }
        return lost
    }

    /// Many short batches take as long as a long one, during which nobody else would beat for those that wait.
    func beatForWhatWaits() async throws {
        if !ready.isEmpty, clock.now >= nextBeat { try await heartbeat() }
    }

    func release(_ taken: [StreamSource: Set<StreamID>], of batch: Batch) {
        drop(batch)
        guard let rest = batch.without(taken) else { return }
        ready.insert(rest, at: 0)
        ring(.handlers)
    }

    /// The hash that shows this worker to people. Nothing depends on it.
    func sayAlive(handling count: Int) -> [Step] {
        nextSign = clock.now + settings.heartbeatInterval
        let key = keys.worker(name)
        return [
            .command(
                RedisCommand(
                    "HSET", key, "pool", service.rawValue, "since", startedAt.description, "batch", count, "done",
                    doneCount)),
            .command(RedisCommand("PEXPIRE", key, settings.workerExpiry.wholeMicroseconds / 1000)),
        ]
    }

    /// Whatever was refused is delivered again, or was only an answer, which the inbox has.
    private func note(refused errors: [RedisReplyError]) {
        guard let first = errors.first else { return }
        if errors.contains(where: \.isNoGroup) { groupsExist = false }
        logger.error(
            "settling was refused in part", metadata: ["commands": "\(errors.count)", "first": "\(first)"])
    }

    func letGo() { (ready, inHand) = ([], []) }

    // MARK: Settling

    /// Carries out the outcomes, one for each of the batch's entries. Tried again while Redis is away; when it stays
    /// away from a consumer that ends, the entries are delivered again, and answered from the inbox rows.
    public func settle(_ batch: Batch, _ outcomes: [Outcome]) async throws {
        let settlement = Settlement(
            of: batch, outcomes: outcomes, service: service, consumer: name, keys: keys, settings: settings, now: .now()
        )
        defer { drop(batch) }
        var attempts = 0
        while true {
            do {
                // What is committed shall be answered, also by a worker that ends now.
                try await Task { try await self.carryOut(settlement) }.value
                break
            } catch let error as RedisError where error.isUnavailable {
                attempts += 1
                guard goesOn || attempts < 3 else { throw error }
                // Cancelled: the guard ends it.
                try? await Task.sleep(for: min(.milliseconds(5 << min(attempts, 10)), .milliseconds(500)))
            }
        }
        doneCount += batch.entries.count
        guard let due = settlement.soonestDue, clock.now + due < nextLook else { return }
        nextLook = clock.now + due
        ring(.keeper)
    }

    private func carryOut(_ settlement: Settlement) async throws {
        let replies = try await redis.pipeline(settlement.steps)
        // One that loads its data has answered all of them so.
        let refusals = replies.compactMap(\.error).filter { !$0.isOutOfMemory }
        if let refusal = refusals.map({ RedisError.server($0, during: "settling") }).first(where: \.isUnavailable) {
            throw refusal
        }
        let followUps = settlement.followUps.filter { $0.isDue(after: replies) }.map(\.command)
        let later = try await redis.pipeline(followUps)
        note(refused: (replies + later).compactMap(\.error))
        // That there is no memory to put them off is not their fault, and must not count as a delivery.
        let staying = settlement.leaving.filter { replies[$0.step].error?.isOutOfMemory == true }
        guard !staying.isEmpty else { return }
        try await giveBack(
            staying.map { ($0.source, $0.ids) }, idle: max(settings.claimIdle - settings.memoryPause, .zero))
    }
}

extension Batch {
    /// Nil when nothing is left.
    fileprivate func without(_ lost: [StreamSource: Set<StreamID>]) -> Batch? {
        let rest = entries.filter { lost[$0.source]?.contains($0.streamID) != true }
        return rest.isEmpty ? nil : Batch(entries: rest)
    }
}
