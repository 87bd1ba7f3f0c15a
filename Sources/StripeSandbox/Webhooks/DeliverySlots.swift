/// How many deliveries may be under way at once, and the signal that one is done, which a held-back one waits for.
actor DeliverySlots {
    private var free: Int
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var watchers: [AsyncStream<Void>.Continuation] = []

    init(count: Int) {
        free = count
    }

    func take() async {
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { waiters.append($0) }
    }

    func giveBack() {
        if waiters.isEmpty { free += 1 } else { waiters.removeFirst().resume() }
    }

    func noteDelivered() {
        for watcher in watchers { watcher.finish() }
        watchers = []
    }

    /// Ends with the next delivery.
    func nextDelivery() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        watchers.append(continuation)
        return stream
    }
}
