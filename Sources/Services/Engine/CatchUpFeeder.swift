import Logging
import Marketplace
import PostgresClient
import ServiceLifecycle
import Storage
import Streams

/// Feeds the followers that were moved off the service's event stream: they get rows of the outbox until they can join
/// the stream again.
///
/// Every worker process of the owner runs a feeder. Each step takes effect only if the follower's position in Redis has
/// not changed, so that several feeders give a follower each row only once.
struct CatchUpFeeder: ServiceLifecycle.Service {
    let service: ServiceName
    let pool: PostgresPool
    let outbox: Outbox
    let followers: Followers
    let catchUp: CatchUp
    let logger: Logger
    /// The time between two checks whether a follower needs rows.
    var idleInterval: Duration = .seconds(1)
    /// The time between two checks while a follower needs rows.
    var busyInterval: Duration = .milliseconds(50)

    func run() async throws {
        await PeriodicTask(every: idleInterval, jitter: 0.2, name: "Feeding followers", logger: logger).run { _ in
            while try await step() { try await Task.sleep(for: busyInterval) }
        }
    }

    /// Gives each follower that is catching up one page of rows, or lets it join the stream. Returns true if any
    /// follower made progress.
    func step() async throws -> Bool {
        let gaps = try await catchUp.gaps()
        guard !gaps.isEmpty else { return false }
        let settled = try await followers.rows(on: pool).reduce(into: [:]) { $0[$1.name] = $1.settled }
        var isBusy = false
        for gap in gaps where gap.unsettled <= CatchUp.pageSize {
            isBusy = try await advance(gap, settled: settled[gap.follower] ?? 0) || isBusy
        }
        return isBusy
    }

    /// - Parameter settled: The id up to which the follower has settled all rows. If Redis has lost its data, this id
    ///   is larger than the gap's position, which starts at zero.
    private func advance(_ gap: CatchUp.Gap, settled: Int64) async throws -> Bool {
        let position = max(gap.position, settled)
        let rows = try await outbox.read(after: position, limit: CatchUp.pageSize, on: pool)
        switch try await catchUp.join(gap, at: position, next: rows.first?.id) {
        case .joined:
            logger.notice(
                "Follower has caught up, and reads the event stream again",
                metadata: ["follower": "\(gap.follower)", "position": "\(position)"])
            return true
        case .moved: return true
        // The follower gets more rows while it reads, so that it never waits for the next page.
        case .unsettled, .behind:
            return try await catchUp.feed(gap, rows.map { (UInt64($0.id), EventEnvelope($0.event)) })
        }
    }
}
