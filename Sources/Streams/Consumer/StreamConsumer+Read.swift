import Logging
import Marketplace
import RedisClient

// Reads new entries, and polls for entries that other consumers have left or that are due.
extension StreamConsumer {
    /// Creates the groups at the beginning of their streams, because entries that are older than the group need
    /// handling, too. Determines which streams to read.
    ///
    /// The group of an event stream is not created while the follower is catching up from the owner's outbox: the owner
    /// creates it later, at the right position.
    func createGroups() async throws {
        let steps = follows.map { owner in
            Step.script(
                Scripts.joinEvents,
                keys: [keys.events(owner), keys.gaps(ofEvents: owner), keys.catchUp(owner, to: service.rawValue)],
                arguments: [service.rawValue])
        }
        let commands = RedisCommand("XGROUP", "CREATE", keys.commands(service), service.rawValue, "0", "MKSTREAM")
        let replies = try await redis.pipeline(steps + (groupsExist ? [] : [.command(commands)]))
        var found: [StreamSource] = []
        for (owner, reply) in zip(follows, replies) {
            if let error = reply.error { throw RedisError.server(error, during: "joining events:\(owner)") }
            guard let parts = reply.array, parts.count == 2 else { throw UnexpectedReply(work: "joining events") }
            if parts[0].int == 1 { found.append(.events(owner)) }
            if parts[1].int == 1 { found.append(.catchUp(owner, to: service)) }
        }
        if !groupsExist, let error = replies.last?.error, error.code != "BUSYGROUP" {
            throw RedisError.server(error, during: "XGROUP CREATE")
        }
        sources = found + [.commands(service)]
        groupsExist = true
    }

    func read(for timeout: Duration) async throws {
        let sources = sources
        // A block time of 0 would wait forever.
        let milliseconds = max(timeout.wholeMicroseconds / 1000, 1)
        let replies = try await blocking.read(
            RedisCommand("XREADGROUP", "GROUP", service.rawValue, name, "COUNT", settings.batchSize),
            streams: sources.map { $0.key(keys) } + sources.map { _ in ">" }, wait_ms: milliseconds,
            with: [RedisCommand("GET", keys.releaseCount(service))], margin: blocking.configuration.commandTimeout)
        if let error = replies[0].error { throw RedisError.server(error, during: "XREADGROUP") }
        note(releases: replies[1].int ?? 0)
        let found = try StreamReplyParser.streams(replies[0], keys: keys, sources: sources)
        isFlooded = found.count >= settings.batchSize
        addReady(found)
        try await deferExcessSuspects()
    }

    /// Makes the next claim due immediately if a stopping worker has released entries.
    private func note(releases: Int64) {
        defer { releasesSeen = releases }
        guard let releasesSeen, releasesSeen != releases else { return }
        nextClaim = clock.now
        wakeups.poller.notify()
    }

    /// Claims entries that other consumers have left, and requeues due entries, each when its poll is due.
    func pollForWork() async throws {
        let now = clock.now
        if now >= nextClaim {
            nextClaim = now + settings.claimInterval
            if !follows.isEmpty { try await createGroups() }
            if suspects.count < settings.maxSuspects { try await claim() }
            try await deleteIdleConsumers()
        }
        if now >= nextDuePoll {
            nextDuePoll = now + settings.dueInterval
            do {
                if let next = try await requeueDue() { nextDuePoll = min(nextDuePoll, clock.now + next) }
            } catch let error as RedisError where error.reply?.isOutOfMemory == true {
                // Due entries can wait. Handling new entries frees memory.
                logger.notice("Redis is out of memory; due entries stay deferred", metadata: ["error": "\(error)"])
            }
        }
    }

    private func claim() async throws {
        let sources = sources
        let steps = sources.map { source in
            Step.script(
                Scripts.claim, keys: [source.key(keys)],
                arguments: [
                    service.rawValue, name, settings.claimIdle.wholeMicroseconds / 1000, claimCursors[source] ?? "0-0",
                    settings.batchSize,
                ])
        }
        var found: [StreamReplyParser.Entry] = []
        let isPresenceDue = clock.now >= nextPresence
        let replies = try await redis.pipeline(steps + (isPresenceDue ? presenceSteps(handling: 0) : []))
        for (source, reply) in zip(sources, replies) {
            if let error = reply.error { throw RedisError.server(error, during: "claiming from \(source)") }
            let (cursor, entries) = try StreamReplyParser.claimed(reply, source: source)
            claimCursors[source] = cursor
            found += entries
        }
        if !found.isEmpty { logger.info("Took over entries", metadata: ["count": .stringConvertible(found.count)]) }
        addReady(found, except: heldIDs)
        try await deferExcessSuspects()
    }

    /// Makes batches of the entries. Suspects wait for the task that handles them one at a time.
    ///
    /// - Parameter held: Entries that the consumer holds already.
    private func addReady(_ found: [StreamReplyParser.Entry], except held: [StreamSource: Set<StreamID>] = [:]) {
        if ready.isEmpty, suspects.isEmpty { nextHeartbeat = clock.now + settings.heartbeatInterval }
        var together: [StreamEntry] = []
        for entry in found where held[entry.source]?.contains(entry.id) != true {
            let entry = StreamEntry(
                source: entry.source, id: entry.id, fields: entry.fields, deliveriesBefore: entry.deliveriesBefore,
                suspectAfterDeliveries: settings.suspectAfterDeliveries)
            if entry.isSuspect { suspects.append(entry) } else { together.append(entry) }
        }
        // Usually the entries fit into one batch, and are not copied.
        if !together.isEmpty, together.count <= settings.batchSize {
            ready.append(Batch(entries: together))
            together = []
        }
        for start in stride(from: 0, to: together.count, by: settings.batchSize) {
            ready.append(Batch(entries: Array(together[start...].prefix(settings.batchSize))))
        }
        if !ready.isEmpty { wakeups.handlers.notify() }
        if !suspects.isEmpty { wakeups.suspects.notify() }
    }

    /// Moves due entries back to the command stream. Returns the time until the next is due, or `nil` if none is
    /// deferred.
    private func requeueDue() async throws -> Duration? {
        let reply = try await redis.evaluate(
            Scripts.requeueDue, keys: [keys.deferred(service), keys.commands(service), keys.deadLetters(service)],
            arguments: [settings.dueBatchSize])
        guard let next = reply.array?.last?.int else { throw UnexpectedReply(work: "requeueing due entries") }
        return next < 0 ? nil : .milliseconds(next)
    }

    /// Deletes consumers that have ended. A consumer that ends with pending entries leaves its name behind.
    private func deleteIdleConsumers() async throws {
        guard clock.now >= nextCleanup else { return }
        nextCleanup = clock.now + .seconds(600)
        let steps = sources.map {
            Step.script(Scripts.deleteIdleConsumers, keys: [$0.key(keys)], arguments: [service.rawValue, 3_600_000])
        }
        _ = try await redis.pipeline(steps)
    }
}
