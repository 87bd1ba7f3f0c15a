import RedisClient

// While a consumer runs, one task reads, one polls for due entries and for entries that others have left, several
// handle and settle batches, and one handles the suspects. A task that has nothing to do waits until another wakes it.
extension StreamConsumer {
    /// Wakes the tasks of each stage. Only the consumer's actor wakes a task, unless a deadline ends its wait.
    struct Wakeups {
        let reader = Wakeup()
        let poller = Wakeup()
        let handlers = Wakeup()
        let suspects = Wakeup()
    }

    func wakeAll() {
        for wakeup in [wakeups.reader, wakeups.poller, wakeups.handlers, wakeups.suspects] { wakeup.notify() }
    }

    // MARK: Reading

    /// Reads if that is useful. A batch that is read while another is handled cannot grow any more, and a small batch
    /// costs as much as a large one. Under load, each read fills a batch, so the next batch is read in advance.
    func readNext() async throws {
        guard !isIsolating, ready.isEmpty, !isHandling || isFlooded else { return await wakeups.reader.wait() }
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

    private var isHandling: Bool { healthyInFlight > 0 }

    /// The number of batches that a handler works on, without the suspect.
    private var healthyInFlight: Int { inFlight.count { !$0.isHandled && !$0.batch.isSuspect } }

    // MARK: Polling

    func pollNext() async throws {
        try await heartbeatIfDue()
        guard groupsExist, !isPaused, !isIsolating, ready.count <= settings.batchesInFlight else {
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
            // Checked on the actor: `stop` wakes only the handlers that are already waiting.
            guard isRunning else { return }
            return await wakeups.handlers.wait()
        }
        let batch = startNext()
        wakeups.reader.notify()
        try await process(batch, handle)
    }

    private var mayHandleNext: Bool {
        !ready.isEmpty && !isIsolating && healthyInFlight < settings.batchesInFlight
    }
}
