/// Limits the number of concurrent deliveries. Signals each completed delivery to the reordered deliveries, which wait
/// for it.
actor DeliveryLimiter {
    private var free: Int
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var watchers: [AsyncStream<Void>.Continuation] = []

    init(count: Int) {
        free = count
    }

    func acquire() async {
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { waiters.append($0) }
    }

    func release() {
        if waiters.isEmpty { free += 1 } else { waiters.removeFirst().resume() }
    }

    func signalDelivery() {
        for watcher in watchers { watcher.finish() }
        watchers = []
    }

    /// Returns a stream that ends at the next completed delivery.
    func nextDelivery() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        watchers.append(continuation)
        return stream
    }
}
