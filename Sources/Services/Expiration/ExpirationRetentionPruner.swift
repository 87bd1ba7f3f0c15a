import Engine
import Logging
import Marketplace
import ServiceLifecycle
import Streams

/// Trims the stream of expiries, which only the build before publishes, up to what all followers have read, and the
/// dead letters to a number.
///
/// Dead letters of this service are events of others, which stay in the tables of their owners. So the oldest are
/// deleted.
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
