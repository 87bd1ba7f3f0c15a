/// Lets so many searches run at once, first come first served: they are the dearest of what anyone may ask for, and share
/// their connections with every page.
actor SearchTurns {
    private var free: Int
    private let waitingLimit: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(atOnce: Int = 2, waitingLimit: Int = 32) {
        free = atOnce
        self.waitingLimit = waitingLimit
    }

    /// Waits for its turn, and takes it. A search has a bound, so a turn comes.
    /// - Throws: ``SearchTookTooLong`` where too many wait already.
    func take<Value: Sendable>(_ search: @Sendable () async throws -> Value) async throws -> Value {
        if free > 0 {
            free -= 1
        } else {
            guard waiting.count < waitingLimit else { throw SearchTookTooLong() }
            await withCheckedContinuation { waiting.append($0) }
        }
        defer { pass() }
        return try await search()
    }

    /// To who waits longest, where someone does.
    private func pass() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
