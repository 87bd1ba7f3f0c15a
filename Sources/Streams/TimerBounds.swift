/// The lengths of a command stream at which timers hold back, so that thousands that are due at once do not delay the
/// commands of users, and the timers of a service that is away do not fill Redis.
public struct TimerBounds: Sendable, Hashable {
    /// Length at which few timers are fired. The others follow as the service works through its stream.
    public var busy: Int
    /// Length at which none is fired: half of the ``BacklogLimits/length`` at which users are refused.
    public var full: Int
    /// Maximum number in one call while the stream is busy, so that timers do not wait for ever behind users.
    public var whileBusy: Int

    public init(busy: Int = 1000, full: Int = 10_000, whileBusy: Int = 50) {
        self.busy = busy
        self.full = full
        self.whileBusy = whileBusy
    }
}
