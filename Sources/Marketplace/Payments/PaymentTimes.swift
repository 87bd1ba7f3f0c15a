/// The delays and time limits of the payments service.
public struct PaymentTimes: Hashable, Sendable {
    /// Default maximum time between two regular polls of an attempt.
    public static let defaultLongestPoll: Duration = .seconds(300)

    /// Time from a change of an attempt to the first regular poll: a poll that no webhook has caused. The time to the
    /// next poll doubles with each poll.
    public var firstPoll: Duration
    /// Maximum time between two regular polls of an attempt without a stuck call.
    public var longestPoll: Duration

    public init(firstPoll: Duration = .seconds(30), longestPoll: Duration = Self.defaultLongestPoll) {
        self.firstPoll = firstPoll
        self.longestPoll = longestPoll
    }

    /// Minimum lifetime of a checkout page.
    ///
    /// Stripe closes a page 30 minutes after its creation at the earliest
    /// (https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at). The additional
    /// minutes are for repeated calls: the time at which the page closes is part of the request, and a request may not
    /// change under its key.
    public static let shortestPage: Duration = .seconds(35 * 60)
    /// Maximum lifetime of a checkout page. Stripe closes a page after 24 hours at the latest.
    public static let longestPage: Duration = .seconds(24 * 3600 - 60)
    /// Maximum age of a call that is repeated under its key. Stripe forgets a key after 24 hours at the earliest.
    public static let keyLife: Duration = .seconds(20 * 3600)
    /// Maximum number of 5xx responses to a key. After that many, Stripe may be replaying a stored failure.
    public static let failuresPerKey = 3
    /// The tries of an operation.
    public static let tries = TrySchedule.day
    /// Time between two polls of an attempt with a stuck call.
    public static let stuckPollDelay: Duration = .seconds(86_400)

    /// Delay before the next poll, after this number of polls without a change.
    func pollDelay(after polls: Int) -> Duration { Self.doubled(firstPoll, polls, longestPoll) }

    /// Delay before a failed poll is repeated, after this number of earlier failures in a row.
    func pollRetryDelay(after failures: Int) -> Duration { Self.doubled(.seconds(1), failures, longestPoll) }

    private static func doubled(_ first: Duration, _ count: Int, _ longest: Duration) -> Duration {
        min(first * (1 << max(0, min(count, 20))), longest)
    }

    /// The time at which Stripe closes the order's checkout page, in whole seconds as Stripe requires.
    static func pageEnd(of order: PayableOrder, now: Timestamp) -> Timestamp {
        let end = min(max(order.expiresAt, now + shortestPage), now + longestPage)
        return Timestamp(seconds: end.seconds)
    }
}
