/// The lengths of a command stream at which fewer timers are fired, or none. So thousands of timers that are due at the
/// same time do not delay users' commands, and the timers of a service that is not running do not fill Redis.
public struct TimerBounds: Sendable, Hashable {
    /// Length at which few timers are fired. The other timers follow as the service works through its stream.
    public var busy: Int
    /// Length at which no timer is fired: half of the ``BacklogLimits/length`` at which users' commands are refused.
    public var full: Int
    /// Maximum number of timers in one call while the stream is busy. It is not 0, so that users' commands cannot block
    /// timers forever.
    public var whileBusy: Int

    public init(busy: Int = 1000, full: Int = 10_000, whileBusy: Int = 50) {
        self.busy = busy
        self.full = full
        self.whileBusy = whileBusy
    }
}
