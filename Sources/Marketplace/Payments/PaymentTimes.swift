/// The waits of the payments service.
public struct PaymentTimes: Hashable, Sendable {
    /// From a change of an attempt to the first look at Stripe that no webhook asked for. Doubled with each look.
    public var firstLook: Duration
    public var longestLook: Duration

    public init(firstLook: Duration = .seconds(30), longestLook: Duration = .seconds(300)) {
        self.firstLook = firstLook
        self.longestLook = longestLook
    }

    /// Stripe closes a page at the earliest 30 minutes after it is made
    /// (https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at). What is above is for
    /// the calls that have to be made again: the time is in the request, which may not change under its key.
    public static let shortestPage: Duration = .seconds(35 * 60)
    /// And at the latest after 24 hours.
    public static let longestPage: Duration = .seconds(24 * 3600 - 60)
    /// Stripe forgets a key after 24 hours at the earliest: an older call is not made again under it.
    public static let keyLife: Duration = .seconds(20 * 3600)
    /// After so many answers that Stripe itself failed, the same key may only replay the failure.
    public static let failuresPerKey = 3

    func look(_ count: Int) -> Duration { Self.doubled(firstLook, count, longestLook) }

    /// Before the n-th try of an operation, from the second on.
    func retry(_ try: Int) -> Duration { Self.doubled(.seconds(1), `try` - 2, .seconds(600)) }

    private static func doubled(_ first: Duration, _ count: Int, _ longest: Duration) -> Duration {
        min(first * (1 << max(0, min(count, 20))), longest)
    }

    /// When Stripe is to close the page of an order by itself.
    static func pageEnd(of order: PayableOrder, now: Timestamp) -> Timestamp {
        // Stripe takes whole seconds.
        let end = min(max(order.expiresAt, now + shortestPage), now + longestPage)
        return Timestamp(seconds: end.seconds)
    }
}
