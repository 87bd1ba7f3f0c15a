package import Logging
import ServiceLifecycle

/// Runs an operation at once and then at intervals, until the process shuts down or the task is cancelled.
///
/// A failure is logged, and the operation runs again after the interval.
package struct PeriodicTask: Sendable {
    package let interval: Duration
    /// The maximum deviation of a pause, as a fraction of the interval. Jitter keeps processes from running in step.
    package let jitter: Double
    /// A noun phrase that begins the log line of a failure.
    package let name: String
    package let logger: Logger

    package init(every interval: Duration, jitter: Double, name: String, logger: Logger) {
        self.interval = interval
        self.jitter = jitter
        self.name = name
        self.logger = logger
    }

    /// - Parameter operation: Gets the number of earlier runs.
    package func run(_ operation: @escaping @Sendable (_ round: Int) async throws -> Void) async {
        await cancelWhenGracefulShutdown {
            var round = 0
            while !Task.isCancelled {
                do {
                    try await operation(round)
                } catch {
                    if Task.isCancelled { break }
                    logger.notice("\(name) failed; retrying", metadata: ["error": "\(error)"])
                }
                round += 1
                // If the sleep is cancelled, the loop ends.
                try? await Task.sleep(for: interval * Double.random(in: 1 - jitter...1 + jitter))
            }
        }
    }
}
