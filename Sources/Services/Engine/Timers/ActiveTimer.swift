package import Streams

/// A declared timer, and its due times in Redis.
package struct ActiveTimer: Sendable {
    package let declaration: ServiceTimer
    package let timers: Timers

    package init(_ declaration: ServiceTimer, timers: Timers) {
        self.declaration = declaration
        self.timers = timers
    }
}
