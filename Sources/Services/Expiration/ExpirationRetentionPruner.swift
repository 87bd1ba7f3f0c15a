import Engine
import Logging
import Marketplace
import ServiceLifecycle
import Streams

/// Trims the stream of expiries up to what all followers have read.
struct ExpirationRetentionPruner: ServiceLifecycle.Service {
    let stream: EventStream
    let followers: [ServiceName]
    let logger: Logger

    func run() async throws {
        await PeriodicTask(every: .seconds(5), jitter: 0, name: "Trimming of expiries", logger: logger).run { _ in
            let lowWaterMark = try await stream.lowWaterMark(groups: followers)
            try await stream.trim(before: lowWaterMark.read)
        }
    }
}
