import RedisClient

// The batches that the consumer holds.
extension StreamConsumer {
    /// Puts the first ready batch in flight.
    func startNext() -> Batch {
        let batch = ready.removeFirst()
        inFlight.append(InFlightBatch(batch: batch))
        return batch
    }

    /// Notes the task that handles a batch, so that it can be cancelled.
    func begin(_ work: Task<[EntryOutcome], any Error>, on batch: Batch) {
        if let place = place(of: batch) { inFlight[place].work = work }
        startHeartbeat()
    }

    /// True while a handler works on a batch.
    var isWorking: Bool { inFlight.contains { $0.work != nil && !$0.isHandled } }

    /// Returns the entries of a batch that other consumers have taken.
    func taken(of batch: Batch) -> [StreamSource: Set<StreamID>] {
        place(of: batch).map { inFlight[$0].taken } ?? [:]
    }

    /// Notes that other consumers have taken these entries, and cancels the work on batches that contain any of them.
    func note(taken lost: [StreamSource: Set<StreamID>]) {
        for place in inFlight.indices where !inFlight[place].isHandled {
            let taken = inFlight[place].batch.ids(in: lost)
            guard !taken.isEmpty else { continue }
            inFlight[place].taken.merge(taken) { $0.union($1) }
            inFlight[place].work?.cancel()
        }
    }

    private func place(of batch: Batch) -> Int? { inFlight.firstIndex { $0.batch.overlaps(batch) } }

    /// Notes that a batch has outcomes: the next batch need not wait until that batch is settled.
    func markHandled(_ batch: Batch) {
        if let place = place(of: batch) { inFlight[place].isHandled = true }
        wakeForNext()
    }

    /// Stops holding a batch.
    func drop(_ batch: Batch) {
        inFlight.removeAll { $0.batch.overlaps(batch) }
        wakeForNext()
    }

    /// Wakes the tasks that may have waited for a batch to end.
    private func wakeForNext() {
        for wakeup in [wakeups.handlers, wakeups.reader, wakeups.suspects] { wakeup.notify() }
    }

    /// Stops holding the entries of a batch that others have taken. The other entries become ready again.
    func dropTaken(_ taken: [StreamSource: Set<StreamID>], of batch: Batch) {
        drop(batch)
        guard let rest = batch.without(taken) else { return }
        ready.insert(rest, at: 0)
        wakeups.handlers.notify()
    }

    func dropAll() { (ready, suspects, inFlight) = ([], [], []) }

    /// The ids of all entries that the consumer holds.
    var heldIDs: [StreamSource: Set<StreamID>] {
        var ids: [StreamSource: Set<StreamID>] = [:]
        for batch in ready + inFlight.map(\.batch) {
            for entry in batch.entries { ids[entry.source, default: []].insert(entry.streamID) }
        }
        for entry in suspects { ids[entry.source, default: []].insert(entry.streamID) }
        return ids
    }
}
