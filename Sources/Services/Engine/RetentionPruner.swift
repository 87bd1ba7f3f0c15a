import Logging
import Marketplace
import PostgresClient
import ServiceLifecycle
import Storage
import Streams

/// Bounds a service's event stream and its outbox and inbox tables.
///
/// Once a second it stores the position up to which each follower has settled all events, computes the low-water mark
/// from these positions, and trims the stream up to the entry that all followers have read. Every tenth time it also
/// drops old table partitions and deletes old outbox rows.
///
/// A follower is a name that this build declares, that has a group on the stream, or that has a row in `followers`. So
/// a build also keeps the events for a follower that only a newer build knows.
struct RetentionPruner: ServiceLifecycle.Service {
    let service: ServiceName
    let pool: PostgresPool
    let storage: ServiceStorage
    let stream: EventStream
    /// The followers that this build declares.
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
        let rows = try await storage.followers.rows(on: pool)
        let names = Set(followers.map(\.rawValue)).union(rows.map(\.name))
        let dropped = Set(rows.filter(\.isDropped).map(\.name))
        let progress = try await stream.progress(of: names.sorted())
            .filter { $0.hasGroup || $0.isCatchingUp || !dropped.contains($0.name) }
        let mark = LowWaterMark(of: progress)
        // If the stream has ids beyond the last outbox row, they were added by hand, or a failover has lost their rows.
        // Skip these steps until the relay has dealt with it.
        if try await Int64(clamping: mark.read.outboxID) <= storage.outbox.lastID(on: pool) {
            let settled = progress.followers.map { ($0.name, Int64(clamping: $0.settled.outboxID)) }
            try await storage.followers.store(Dictionary(uniqueKeysWithValues: settled), on: pool)
            try await storage.outbox.mark(lastSettledID: Int64(clamping: mark.settled.outboxID), on: pool)
            try await stream.trim(before: mark.read)
            try await noticeGaps(in: progress, rows: rows)
        }
        if tablesToo { try await prunePartitions() }
    }

    /// Moves a follower off the stream if it needs events from before the stream's first entry. This happens if Redis
    /// has lost its data, or if a build that does not know the follower has trimmed the stream.
    private func noticeGaps(in progress: StreamProgress, rows: [Followers.Row]) async throws {
        guard let first = progress.first.map({ Int64(clamping: $0.outboxID) }) else { return }
        let settled = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0.settled) })
        for follower in progress.followers where !follower.isCatchingUp {
            let position = max(Int64(clamping: follower.read.outboxID), settled[follower.name] ?? 0)
            guard position + 1 < first, try await storage.outbox.hasRow(after: position, before: first, on: pool)
            else { continue }
            logger.notice(
                "Follower is behind the event stream; feeding it from the outbox",
                metadata: ["follower": "\(follower.name)", "position": "\(position)", "first": "\(first)"])
            try await stream.catchUp.begin(follower.name, at: position)
        }
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
