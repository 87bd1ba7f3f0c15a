import Logging
import Marketplace
import PostgresClient
import ServiceLifecycle
import Storage
import Streams

/// Bounds a service's event stream and its outbox and inbox tables.
///
/// Once a second it computes the low-water mark, below which every follower has settled all events, and trims the
/// stream up to what all have read. Every tenth time it also drops old table partitions.
struct RetentionPruner: ServiceLifecycle.Service {
    let service: ServiceName
    let pool: PostgresPool
    let storage: ServiceStorage
    let stream: EventStream
    let followers: [ServiceName]
    let logger: Logger
    var clock: @Sendable () -> Timestamp = { .now() }
    var interval: Duration = .seconds(1)

    /// Maximum number of outbox rows that are deleted at a time.
    private static let rowsAtOnce = 1000

    func run() async throws {
        await PeriodicTask(every: interval, jitter: 0.1, name: "Retention pruning", logger: logger).run { round in
            try await prune(tablesToo: round.isMultiple(of: 10))
        }
    }

    func prune(tablesToo: Bool) async throws {
        let lowWaterMark = try await stream.lowWaterMark(groups: followers)
        let mark = Int64(clamping: lowWaterMark.settled.outboxID)
        // Ids beyond the last outbox row were added by hand: skip until the relay has rebuilt the stream.
        if try await Int64(clamping: lowWaterMark.read.outboxID) <= storage.outbox.lastID(on: pool) {
            try await storage.outbox.mark(lowWaterMark: mark, on: pool)
            try await stream.trim(before: lowWaterMark.read)
        }
        if tablesToo { try await prunePartitions() }
    }

    private func prunePartitions() async throws {
        let partitions = try await storage.outbox.maintain(on: pool)
        if !partitions.dropped.isEmpty {
            logger.info(
                "Dropped outbox partitions that all followers have read",
                metadata: ["partitions": "\(partitions.dropped)"])
        }
        if try await storage.outbox.prune(at: clock(), limit: Self.rowsAtOnce, on: pool) > 0 {
            logger.debug("Deleted old outbox rows")
        }
        let slots = try await storage.inbox.maintain(at: clock(), on: pool)
        if !slots.dropped.isEmpty {
            logger.info("Dropped old inbox partitions", metadata: ["partitions": "\(slots.dropped)"])
        }
    }
}
