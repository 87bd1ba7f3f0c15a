import Logging
import ServiceLifecycle
import Streams

/// Fires deadlines when they are due by Redis's clock, and sleeps until the next known deadline.
struct DeadlineScheduler: ServiceLifecycle.Service {
    let deadlines: Deadlines
    /// Notified when an event arms an earlier deadline.
    let wakeup: Wakeup
    let logger: Logger
    /// Maximum number of deadlines in one script call. Other commands can run in Redis between two calls.
    var limit = 500
    /// Minimum time between two script calls. Deadlines within it are fired together.
    var shortestSleep: Duration = .milliseconds(5)
    /// Maximum time between two script calls, because another process may have armed an earlier deadline.
    var longestSleep: Duration = .seconds(1)
    /// The pause while the stream is full, so that its readers catch up.
    var fullStreamPause: Duration = .milliseconds(50)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    let fired = try await deadlines.fire(limit: limit)
                    if let pause = pause(after: fired) { await wakeup.wait(until: .now + pause) }
                } catch {
                    if Task.isCancelled { break }
                    logger.notice("Could not fire deadlines; retrying", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
    }

    /// Returns the pause before the next call, or `nil` if more deadlines are due now.
    func pause(after fired: Deadlines.Fired) -> Duration? {
        guard let next = fired.next else { return longestSleep }
        if next > .zero { return min(max(next, shortestSleep), longestSleep) }
        // If fewer than the limit were fired while more are due, the stream is full.
        return fired.count < limit ? fullStreamPause : nil
    }
}
