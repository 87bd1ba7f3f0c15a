import Logging
import Marketplace
import ServiceLifecycle
import Streams

/// Trims the stream of expiries, which only the previous build publishes, up to the last entry that all followers have
/// read, and keeps a limited number of dead letters.
///
/// A dead letter of this service is an event that sets or clears a timer. The sweep of the timer's owner works without
/// this event, so the oldest dead letters can be deleted.
struct ExpirationRetentionPruner: ServiceLifecycle.Service {
    let stream: EventStream
    let deadLetters: DeadLetters
    let followers: [ServiceName]
    let logger: Logger

    func run() async throws {
        await PeriodicTask(every: .seconds(5), jitter: 0, name: "Trimming of expiries", logger: logger).run { _ in
            let lowWaterMark = try await stream.lowWaterMark(groups: followers)
            try await stream.trim(before: lowWaterMark.read)
            let trimmed = try await deadLetters.trim()
            if trimmed > 0 { logger.warning("Deleted the oldest dead letters", metadata: ["letters": "\(trimmed)"]) }
        }
    }
}
