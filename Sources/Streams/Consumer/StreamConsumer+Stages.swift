import RedisClient

// While a consumer runs, one task reads, one looks for what others left behind and for what is due, and some handle
// batches and settle them. Whoever has nothing to do waits for a bell that the others ring.
extension StreamConsumer {
    /// A batch that is handled or settled.
    struct Hand {
        let batch: Batch
        /// What handles it, once it does.
        var work: Task<[Outcome], any Error>?
        /// What others have taken of it.
        var taken: [StreamSource: Set<StreamID>] = [:]
        var isHandled = false
    }

    enum BellName: CaseIterable { case reader, keeper, handlers }

    // MARK: Reading

    /// Reads when there is use for it: a batch that is read while another is handled can't grow any more, and small
    /// batches cost as much as large ones. A flood fills each, so then the next is ready when the one before it is done.
    func keepReading() async throws {
        guard ready.isEmpty, !isHandling || isFlooded && !isHandlingSuspect else { return await wait(for: .reader) }
        if try await rests() { return }
        do {
            if !groupsExist {
                try await createGroups()
                ring(.keeper)
            }
            try await read(for: settings.block)
        } catch let error as RedisError where error.reply?.isNoGroup == true {
            groupsExist = false
        }
    }

    private var isHandling: Bool { inHand.contains { !$0.isHandled } }

    /// A suspect may end this process: what is taken beside it would count as delivered, and be a suspect soon.
    private var isHandlingSuspect: Bool { inHand.contains { $0.batch.isSuspect } }

    /// Looks for what is left behind or due, and waits until it is time to look again.
    func keepLooking() async throws {
        try await beatForWhatWaits()
        guard groupsExist, !isPaused, !isHandlingSuspect, ready.count <= settings.batchesInFlight else {
            return await wait(for: .keeper, until: clock.now + max(settings.dueInterval, settings.shortestPause))
        }
        do {
            try await look()
        } catch let error as RedisError where error.reply?.isNoGroup == true {
            groupsExist = false
        }
        await wait(for: .keeper, until: max(min(nextClaim, nextLook), clock.now + settings.shortestPause))
    }

    // MARK: Handling

    func handleOne(_ handle: @escaping @Sendable (Batch) async throws -> [Outcome]) async throws {
        guard mayHandleNext else { return await wait(for: .handlers) }
        let batch = takeFirst()
        ring(.reader)
        if try await !buriesKiller(batch) { try await process(batch, handle) }
    }

    /// A suspect is in hand alone.
    private var mayHandleNext: Bool {
        guard let next = ready.first, !isHandlingSuspect else { return false }
        if next.isSuspect { return inHand.isEmpty }
        return inHand.count { !$0.isHandled } < settings.batchesInFlight
    }

    func begin(_ work: Task<[Outcome], any Error>, on batch: Batch) {
        if let place = place(of: batch) { inHand[place].work = work }
        keepBeating()
    }

    var isWorking: Bool { inHand.contains { $0.work != nil && !$0.isHandled } }

    func taken(of batch: Batch) -> [StreamSource: Set<StreamID>] {
        place(of: batch).map { inHand[$0].taken } ?? [:]
    }

    /// Others have taken these: whoever works on a batch with some of them is told to stop.
    func note(taken lost: [StreamSource: Set<StreamID>]) {
        for place in inHand.indices where !inHand[place].isHandled {
            let taken = inHand[place].batch.ids(in: lost)
            guard !taken.isEmpty else { continue }
            inHand[place].taken.merge(taken) { $0.union($1) }
            inHand[place].work?.cancel()
        }
    }

    private func place(of batch: Batch) -> Int? { inHand.firstIndex { $0.batch.shares(batch) } }

    func isHandled(_ batch: Batch) {
        if let place = place(of: batch) { inHand[place].isHandled = true }
        ring(.handlers)
        ring(.reader)
    }

    /// Neither holds it any longer, nor beats for it.
    func drop(_ batch: Batch) {
        inHand.removeAll { $0.batch.shares(batch) }
        ring(.handlers)
        ring(.reader)
    }

    // MARK: Bells

    /// Those who wait, and the task that rings in time.
    struct Bell {
        var waiters: [CheckedContinuation<Void, Never>] = []
        var alarm: Task<Void, Never>?
    }

    func ring(_ name: BellName) {
        guard let bell = bells.removeValue(forKey: name) else { return }
        bell.alarm?.cancel()
        for waiter in bell.waiters { waiter.resume() }
    }

    func ringAll() { for name in BellName.allCases { ring(name) } }

    /// Returns when it is rung, when the time is over, or when this consumer shall end.
    private func wait(for name: BellName, until instant: ContinuousClock.Instant? = nil) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                guard goesOn else { return waiter.resume() }
                bells[name, default: Bell()].waiters.append(waiter)
                guard let instant else { return }
                bells[name]?.alarm = Task { [weak self] in
                    guard (try? await Task.sleep(until: instant, clock: .continuous)) != nil else { return }
                    await self?.ring(name)
                }
            }
        } onCancel: {
            // Whoever was cancelled before it waits sees so itself.
            Task { await self.ringAll() }
        }
    }
}

extension Batch {
    /// Whether it holds the other's first entry: then both are of one hand.
    fileprivate func shares(_ other: Batch) -> Bool {
        guard let first = other.entries.first else { return false }
        return entries.contains { $0.streamID == first.streamID && $0.source == first.source }
    }

    /// Those of its entries that are among these.
    fileprivate func ids(in some: [StreamSource: Set<StreamID>]) -> [StreamSource: Set<StreamID>] {
        let own = entries.filter { some[$0.source]?.contains($0.streamID) == true }
        return Dictionary(grouping: own, by: \.source).mapValues { Set($0.map(\.streamID)) }
    }

    fileprivate var isSuspect: Bool { entries.first?.isSuspect ?? false }
}
