import Logging
import Marketplace
import RedisClient
import Synchronization

extension StreamConsumer {
    /// Handles batches until the consumer is stopped or the task is cancelled, then releases the rest.
    ///
    /// - Parameter handle: Returns one outcome for each entry, in order. It throws if something that it needs, such as
    ///   the database, is unavailable: the batch is retried after a delay, and no entry is blamed. Its task is
    ///   cancelled if another consumer has taken entries of the batch, or if this consumer must end at once.
    public func run(_ handle: @escaping @Sendable (Batch) async throws -> [EntryOutcome]) async {
        // Outside the transactions, a batch mostly waits for Redis.
        await withTaskExecutorPreference(redis.executor) { await runTasks(handle) }
    }

    private func runTasks(_ handle: @escaping @Sendable (Batch) async throws -> [EntryOutcome]) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.retryUntilStopped { try await self.readNext() } }
            group.addTask { await self.retryUntilStopped { try await self.pollNext() } }
            group.addTask { await self.retryUntilStopped { try await self.handleNextSuspect(handle) } }
            // One more task than batches in flight: one task settles its batch while the others handle theirs.
            for _ in 0...settings.batchesInFlight {
                group.addTask { await self.retryUntilStopped { try await self.handleNext(handle) } }
            }
        }
        heartbeatTask?.cancel()
        await heartbeatTask?.value
        // A separate task, because this task may be cancelled already, and other consumers need the entries.
        await Task { await self.releaseAll() }.value
    }

    /// Ends `run` after the batches in flight. Batches that wait behind them are released immediately.
    public nonisolated func stop() {
        isStopping.store(true, ordering: .relaxed)
        Task {
            await self.wakeAll()
            await self.releaseReady()
        }
    }

    var isRunning: Bool { !isStopping.load(ordering: .relaxed) && !Task.isCancelled }

    private func retryUntilStopped(_ step: () async throws -> Void) async {
        var backoff = Backoff(from: settings.minRetryDelay, to: settings.maxRetryDelay)
        while isRunning {
            do {
                try await step()
                backoff.reset()
            } catch {
                guard isRunning else { break }
                logger.warning("Consumer step failed; retrying", metadata: ["error": "\(error)"])
                // If the sleep is cancelled, the loop ends.
                try? await Task.sleep(for: backoff.next())
            }
        }
    }

    /// Handles a batch until it has outcomes, and settles it.
    func process(_ batch: Batch, _ handle: @escaping @Sendable (Batch) async throws -> [EntryOutcome]) async throws {
        let work = Task(executorPreference: redis.executor) { try await self.handleWithRetries(batch, handle) }
        begin(work, on: batch)
        // The heartbeat also cancels the work if it finds that other consumers have taken entries.
        let result = await withTaskCancellationHandler {
            await work.result
        } onCancel: {
            work.cancel()
        }
        let taken = taken(of: batch)
        switch result {
        case .success(let outcomes):
            markHandled(batch)
            // An entry that another consumer has taken is answered twice, from the same inbox row.
            try await settle(batch, outcomes)
        case .failure where !taken.isEmpty:
            logger.notice(
                "Entries were taken over by another consumer",
                metadata: ["count": "\(taken.values.reduce(0) { $0 + $1.count })"])
            dropTaken(taken, of: batch)
        case .failure(let error):
            drop(batch)
            // The entry is handled again after a pause, in which the process does its other work.
            if let killer = batch.suspectedKiller, isRunning { suspects.insert(killer, at: 0) }
            throw error
        }
    }

    /// Retries until there are outcomes or the consumer must end. An entry that may end the process is tried once.
    private func handleWithRetries(
        _ batch: Batch, _ handle: @escaping @Sendable (Batch) async throws -> [EntryOutcome]
    ) async throws -> [EntryOutcome] {
        var backoff = Backoff(from: settings.minRetryDelay, to: settings.maxRetryDelay)
        while true {
            do {
                if batch.suspectedKiller != nil { return try await handle(batch) }
                return try await gate.together { try await handle(batch) }
            } catch {
                await putDown(batch)
                guard isRunning, batch.suspectedKiller == nil else { throw error }
                logger.warning(
                    "Batch could not be handled; retrying",
                    metadata: ["entries": .stringConvertible(batch.entries.count), "error": "\(error)"])
                try await Task.sleep(for: backoff.next())
                guard isRunning else { throw error }
            }
        }
    }
}
