import Logging
import Marketplace
import RedisClient
import Synchronization

extension StreamConsumer {
    /// Handles batches until it is stopped or its task is cancelled, then hands back what is left.
    ///
    /// The handler answers one outcome for each entry, in order. What it throws says that something it needs (the
    /// database) is away: the batch is tried again after a pause, and that counts against none of its entries. Its task
    /// is cancelled when another consumer has taken some of the batch, or this one shall end at once.
    public func run(_ handle: @escaping @Sendable (Batch) async throws -> [Outcome]) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.repeating { try await self.keepReading() } }
            group.addTask { await self.repeating { try await self.keepLooking() } }
            // One of them settles while the others' batches are handled.
            for _ in 0...settings.batchesInFlight {
                group.addTask { await self.repeating { try await self.handleOne(handle) } }
            }
        }
        heart?.cancel()
        await heart?.value
        // The task may be cancelled already, which must not keep the entries from those who could take them.
        await Task { await self.handBack() }.value
    }

    /// Ends `run` after the batches in hand. What waits behind them is given to others at once.
    public nonisolated func stop() {
        isStopping.store(true, ordering: .relaxed)
        Task {
            await self.ringAll()
            await self.giveBackReady()
        }
    }

    private func repeating(_ step: () async throws -> Void) async {
        var pause = settings.firstPause
        while goesOn {
            do {
                try await step()
                pause = settings.firstPause
            } catch {
                guard goesOn else { break }
                logger.warning("no progress", metadata: ["error": "\(error)"])
                // Cancelled: the loop's condition ends it.
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, settings.longestPause)
            }
        }
    }

    var goesOn: Bool { !isStopping.load(ordering: .relaxed) && !Task.isCancelled }

    /// Handles a batch until it has outcomes, and settles it.
    func process(_ batch: Batch, _ handle: @escaping @Sendable (Batch) async throws -> [Outcome]) async throws {
        let work = Task { try await tryUntilHandled(batch, handle) }
        begin(work, on: batch)
        // Whoever notices that some of the batch was taken cancels the work as well.
        let result = await withTaskCancellationHandler {
            await work.result
        } onCancel: {
            work.cancel()
        }
        let taken = taken(of: batch)
        switch result {
        case .success(let outcomes):
            // The next need not wait for this one's answers to be on their way.
            isHandled(batch)
            // Entries that were taken meanwhile are answered twice, by inbox rows that say the same.
            try await settle(batch, outcomes)
        case .failure where !taken.isEmpty:
            logger.notice(
                "entries were taken over by another consumer",
                metadata: ["count": "\(taken.values.reduce(0) { $0 + $1.count })"])
            release(taken, of: batch)
        case .failure(let error):
            drop(batch)
            throw error
        }
    }

    /// Tries until there are outcomes, or this consumer shall end.
    private func tryUntilHandled(
        _ batch: Batch, _ handle: @Sendable (Batch) async throws -> [Outcome]
    ) async throws -> [Outcome] {
        var pause = settings.firstPause
        while true {
            do {
                return try await handle(batch)
            } catch {
                guard goesOn else { throw error }
                logger.warning(
                    "a batch must wait", metadata: ["entries": "\(batch.entries.count)", "error": "\(error)"])
                try await Task.sleep(for: pause)
                pause = min(pause * 2, settings.longestPause)
                guard goesOn else { throw error }
            }
        }
    }

    /// One heart beats for all that is being worked on, through all tries and the pauses between them: however fast a
    /// try fails, the batch is not left alone. It stops when it finds nothing to beat for.
    func keepBeating() {
        guard heart == nil else { return }
        heart = Task {
            while (try? await Task.sleep(for: settings.heartbeatInterval)) != nil, isWorking {
                do {
                    try await heartbeat()
                } catch {
                    // Redis is away, so nobody can claim either; whoever does later finds the inbox rows.
                    logger.debug("no heartbeat", metadata: ["error": "\(error)"])
                }
            }
            heart = nil
        }
    }

    // MARK: Ending

    /// Makes what this consumer has left claimable at once, and forgets it where nothing is left.
    func handBack() async {
        letGo()
        let idle = Self.longIdle.wholeMicroseconds / 1000
        let steps = sources.map {
            Step.script(Scripts.handBack, keys: [$0.key(keys)], arguments: [service.rawValue, name, idle])
        }
        do {
            _ = try await redis.pipeline(steps + [tellOfReturns, .command(RedisCommand("DEL", keys.worker(name)))])
        } catch {
            logger.warning(
                "what was left could not be handed back, and will be claimed later", metadata: ["error": "\(error)"])
        }
    }
}
