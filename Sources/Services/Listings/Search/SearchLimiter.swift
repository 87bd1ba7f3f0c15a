/// The limiters of one process, which listings and the catalogue share.
public struct SearchLimiters: Sendable {
    var exact = SearchLimiter()
    /// Finding the nearest matches of a search without results takes many statements. It has its own limiter, so that
    /// misspelled searches do not delay others.
    var nearest = SearchLimiter(maxRunning: 1, maxWaiting: 4)
    /// Lowest prices, for lists of dates. They are slow to read for dates with many listings that can only be sold in
    /// some quantities.
    var prices = SearchLimiter(maxRunning: 2, maxWaiting: 256)

    public init() {}
}

/// Limits the number of searches that run at the same time. Searches are the most expensive public requests, and share
/// their connections with every page. Searches beyond the limit wait in order of arrival.
actor SearchLimiter {
    private var free: Int
    private let maxWaiting: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(maxRunning: Int = 2, maxWaiting: Int = 32) {
        free = maxRunning
        self.maxWaiting = maxWaiting
    }

    /// Runs a search as soon as fewer searches than the limit are running. Each search has a timeout, so the wait ends.
    ///
    /// - Throws: ``SearchTookTooLong`` if too many searches wait already.
    func run<Value: Sendable>(_ search: @Sendable () async throws -> Value) async throws -> Value {
        if free > 0 {
            free -= 1
        } else {
            guard waiting.count < maxWaiting else { throw SearchTookTooLong() }
            await withCheckedContinuation { waiting.append($0) }
        }
        defer { startNext() }
        return try await search()
    }

    /// Resumes the search that has waited longest, if any is waiting.
    private func startNext() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
