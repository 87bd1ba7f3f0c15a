import Logging
import Marketplace
import RedisClient

// Entries that have failed, or may end their process, are handled one at a time by a separate task, beside the batches.
//
// If two entries were delivered twice without an outcome, one of them may have crashed both processes, and the other
// may only have been in the same batch. So each of these suspects is handled while no consumer of the process handles
// anything else. A note in Redis first says that the worker has this entry in hand. The note is removed when the entry
// has an outcome or the worker stops, and stays if the process crashes. So the notes count only the crashes while that
// entry was handled.
extension StreamConsumer {
    /// Handles the next suspect, or waits for one.
    func handleNextSuspect(_ handle: @escaping @Sendable (Batch) async throws -> [EntryOutcome]) async throws {
        guard let next = suspects.first else {
            guard isRunning else { return }
            return await wakeups.suspects.wait()
        }
        guard next.isSuspectedKiller else { return try await process(startSuspect(), handle) }
        try await handleInIsolation(handle)
        // If the sleep is cancelled, the caller's loop ends.
        try? await Task.sleep(for: settings.pauseAfterIsolation)
    }

    private func handleInIsolation(
        _ handle: @escaping @Sendable (Batch) async throws -> [EntryOutcome]
    ) async throws {
        isIsolating = true
        defer {
            isIsolating = false
            wakeAll()
        }
        while isRunning, !inFlight.isEmpty { await wakeups.suspects.wait() }
        guard isRunning else { return }
        try await gate.alone { try await self.handleFirstSuspect(handle) }
    }

    private func handleFirstSuspect(
        _ handle: @escaping @Sendable (Batch) async throws -> [EntryOutcome]
    ) async throws {
        // During the wait, another consumer may have taken the entry, or `stop` may have released it.
        guard isRunning, suspects.first?.isSuspectedKiller == true else { return }
        let batch = startSuspect()
        if try await takeInHand(batch) { try await process(batch, handle) }
    }

    /// Puts the first suspect in flight.
    func startSuspect() -> Batch {
        let batch = Batch(entries: [suspects.removeFirst()])
        inFlight.append(InFlightBatch(batch: batch))
        return batch
    }

    /// Notes that an entry is in hand, if it may end this process. If too many processes have ended with it in hand, it
    /// becomes a dead letter.
    ///
    /// - Returns: False if it became a dead letter.
    func takeInHand(_ batch: Batch) async throws -> Bool {
        do {
            let crashes = try await noteInHand(batch) - 1
            guard crashes >= settings.maxCrashesBeforeDeadLetter else { return true }
            logger.error("Entry crashed its workers", metadata: ["entry": "\(batch.entries[0].inHandField)"])
            try await settle(batch, [.deadLetter(reason: "\(crashes) workers crashed while they handled it alone")])
            return false
        } catch {
            drop(batch)
            suspects.insert(contentsOf: batch.entries, at: 0)
            throw error
        }
    }

    /// Returns the number of processes that have the entry in hand or ended with it in hand, including this one. It is
    /// 0 for a batch that needs no note.
    @discardableResult
    func noteInHand(_ batch: Batch) async throws -> Int {
        guard let killer = batch.suspectedKiller else { return 0 }
        let key = keys.inHandNotes(service)
        let replies = try await redis.pipeline([
            RedisCommand("HINCRBY", key, killer.inHandField, 1),
            RedisCommand("PEXPIRE", key, settings.inHandExpiry.wholeMicroseconds / 1000),
        ])
        if let error = replies[0].error { throw RedisError.server(error, during: "HINCRBY") }
        return Int(replies[0].int ?? 1)
    }

    /// Removes the note, because the handler has ended without an outcome and the process still runs.
    func putDown(_ batch: Batch) async {
        guard let killer = batch.suspectedKiller else { return }
        let command = RedisCommand("HINCRBY", keys.inHandNotes(service), killer.inHandField, -1)
        // Sent even if this task is cancelled. Otherwise the note would count as a crash.
        let reply = try? await Task { [redis] in try await redis.send(command) }.value
        if reply == nil {
            logger.warning(
                "Could not remove the note of an entry in hand", metadata: ["entry": "\(killer.inHandField)"])
        }
    }

    /// Defers failed entries again if too many suspects are waiting. The entries keep their failures and history.
    func deferExcessSuspects() async throws {
        let excess = suspects.dropFirst(settings.maxSuspects).filter { !$0.isSuspectedKiller }
        guard !excess.isEmpty else { return }
        let ids = Set(excess.map(\.inHandField))
        suspects.removeAll { ids.contains($0.inHandField) }
        let batch = Batch(entries: Array(excess))
        inFlight.append(InFlightBatch(batch: batch, isHandled: true))
        try await settle(batch, excess.map { _ in .deferred(after: settings.suspectDelay, reason: "") })
    }
}

extension StreamEntry {
    /// The stream and id: `commands:orders:1-0`.
    var inHandField: String { "\(source):\(streamID)" }
}
