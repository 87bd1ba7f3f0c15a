import Logging
import Marketplace
import ServiceLifecycle
import Streams

/// Fires timers when their deadlines have passed by Redis's clock, and sleeps until the next known deadline.
///
/// Timers fire into the command stream of their service, and each stream has its own bound, so a service that is not
/// running does not delay the others.
struct TimerScheduler: ServiceLifecycle.Service {
    let timers: [ActiveTimer]
    /// Notified when an event sets an earlier timer.
    let wakeup: Wakeup
    let logger: Logger
    /// Maximum number of timers in one script call. Other commands can run in Redis between two calls.
    var limit = 500
    /// Minimum time between two rounds. Timers that become due within this time are fired together.
    var shortestSleep: Duration = .milliseconds(5)
    /// Maximum time between two rounds, because another process may have set an earlier timer.
    var longestSleep: Duration = .seconds(1)
    /// The pause while a command stream is busy or full. It lets the service catch up.
    var fullStreamPause: Duration = .milliseconds(50)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let pause = await fireDueTimers()
                if pause > .zero { await wakeup.wait(until: .now + pause) }
            }
        }
    }

    /// Fires the due timers of each kind, up to the limit.
    ///
    /// - Returns: The pause before the next round: zero if more timers are due now.
    func fireDueTimers() async -> Duration {
        var shortest = longestSleep
        for timer in timers {
            do {
                let fired = try await timer.timers.fireDue(sending: timer.declaration.command, limit: limit)
                shortest = min(shortest, pause(after: fired))
            } catch {
                if Task.isCancelled { break }
                logger.notice(
                    "Could not fire timers; retrying",
                    metadata: ["timer": "\(timer.declaration.name.kind.rawValue)", "error": "\(error)"])
                shortest = min(shortest, .seconds(1))
            }
        }
        return shortest
    }

    func pause(after fired: Timers.Fired) -> Duration {
        guard let next = fired.next else { return longestSleep }
        if next > .zero { return min(max(next, shortestSleep), longestSleep) }
        // If fewer than the limit were fired while more are due, the stream is busy or full.
        return fired.count < limit ? fullStreamPause : .zero
    }
}
