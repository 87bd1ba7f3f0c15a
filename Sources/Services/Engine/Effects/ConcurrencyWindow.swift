/// The limit of concurrent requests to another system. It grows by one with each request that ends while all of it is
/// in use, and halves when that system limits the rate.
package struct ConcurrencyWindow: Sendable {
    private(set) var size: Int
    let minimum: Int
    let maximum: Int
    private var lastNarrowed: ContinuousClock.Instant?

    package init(minimum: Int = 4, start: Int = 16, maximum: Int = 64) {
        (self.minimum, self.maximum) = (minimum, maximum)
        size = min(max(start, minimum), maximum)
    }

    /// Counts the end of a request, with or without a response.
    ///
    /// - Parameter isFull: True if all of the window was in use.
    mutating func answered(isFull: Bool) {
        if isFull, size < maximum { size += 1 }
    }

    /// Halves the window. Requests that are rate-limited within a second count once.
    mutating func rateLimited(now: ContinuousClock.Instant) {
        if let lastNarrowed, now - lastNarrowed < .seconds(1) { return }
        lastNarrowed = now
        size = max(size / 2, minimum)
    }
}
