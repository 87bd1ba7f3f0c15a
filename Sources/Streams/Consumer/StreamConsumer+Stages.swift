import RedisClient

// While a consumer runs, one task reads, one polls for entries that others have left and for due ones, and several
// handle and settle batches. A task that has nothing to do waits until another wakes it.
extension StreamConsumer {
    /// Wakes the tasks of each stage. Only the consumer's actor notifies them, except for deadlines.
    struct Wakeups {
        let reader = Wakeup()
        let poller = Wakeup()
        let handlers = Wakeup()
    }

    func wakeAll() {
        for wakeup in [wakeups.reader, wakeups.poller, wakeups.handlers] { wakeup.notify() }
    }

    // MARK: Reading

    /// Reads if that is useful. A batch that is read while another is handled cannot grow any more, and small batches
    /// cost as much as large ones. Under load each read fills a batch, so that the next one is ready in time.
    func readNext() async throws {
        guard ready.isEmpty, !isHandling || isFlooded && !isHandlingSuspect else { return await wakeups.reader.wait() }
        if try await refreshPause() { return }
        do {
            if !groupsExist {
                try await createGroups()
                wakeups.poller.notify()
            }
            try await read(for: settings.blockTimeout)
        } catch let error as RedisError where error.reply?.isNoGroup == true {
            groupsExist = false
        }
    }

    private var isHandling: Bool { inFlight.contains { !$0.isHandled } }

    /// A suspect may end this process. Entries taken at the same time would count as delivered, and soon be suspects,
    /// too.
    private var isHandlingSuspect: Bool { inFlight.contains { $0.batch.isSuspect } }

    // MARK: Polling

    func pollNext() async throws {
        try await heartbeatIfDue()
        guard groupsExist, !isPaused, !isHandlingSuspect, ready.count <= settings.batchesInFlight else {
            return await wakeups.poller.wait(until: clock.now + max(settings.dueInterval, settings.minPollInterval))
        }
        do {
            try await pollForWork()
        } catch let error as RedisError where error.reply?.isNoGroup == true {
            groupsExist = false
        }
        await wakeups.poller.wait(until: max(min(nextClaim, nextDuePoll), clock.now + settings.minPollInterval))
    }

    // MARK: Handling

    func handleNext(_ handle: @escaping @Sendable (Batch) async throws -> [EntryOutcome]) async throws {
        guard mayHandleNext else {
            // Checked on the actor: `stop` wakes only the handlers that wait already.
            guard isRunning else { return }
            return await wakeups.handlers.wait()
        }
        let batch = startNext()
        wakeups.reader.notify()
        if try await !deadLetterIfCrashing(batch) { try await process(batch, handle) }
    }

    /// True if a batch is ready and may be handled now. A suspect is handled while no other batch is in flight.
    private var mayHandleNext: Bool {
        guard let next = ready.first, !isHandlingSuspect else { return false }
        if next.isSuspect { return inFlight.isEmpty }
        return inFlight.count { !$0.isHandled } < settings.batchesInFlight
    }
}
