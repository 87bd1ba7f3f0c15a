/// How many requests may be under way at Stripe: one more for each answer while all of them are in use, half when Stripe
/// says that it is asked too often. Stripe limits what an account may ask in a second, and tells nobody before.
///
/// https://docs.stripe.com/rate-limits
struct CallWindow: Sendable {
    private(set) var size: Int
    let least: Int
    let most: Int
    private var narrowed: ContinuousClock.Instant?

    init(least: Int = 4, start: Int = 16, most: Int = 64) {
        (self.least, self.most) = (least, most)
        size = min(max(start, least), most)
    }

    /// - Parameter isFull: whether all of it was in use.
    mutating func answered(isFull: Bool) {
        if isFull, size < most { size += 1 }
    }

    /// Of requests that are refused together, one counts.
    mutating func refused(now: ContinuousClock.Instant) {
        if let narrowed, now - narrowed < .seconds(1) { return }
        narrowed = now
        size = max(size / 2, least)
    }
}
