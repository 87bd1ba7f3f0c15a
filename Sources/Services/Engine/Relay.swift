import FoundationEssentials
import Logging
import Marketplace
import PostgresClient
import RedisClient
import ServiceLifecycle
import Storage
import Streams

/// Publishes a service's outbox rows to its event stream, each once and in order. The stream id is the row id.
///
/// Any number of relays may run. A relay appends only if the stream has the end that it expects; otherwise it locates
/// the end again. So the order of relays does not matter, and a relay may be stopped at any point.
struct Relay: ServiceLifecycle.Service {
    /// The end of the stream, and the row after which publishing continues. They differ after Redis has lost entries
    /// that every follower had read.
    struct Position: Hashable, Sendable {
        var streamEnd: StreamID
        var outboxRow: Int64
        /// The event of that row, if the row still exists. Each step compares it with the row, to notice a database
        /// that was restored.
        var event: UUID?
    }

    enum Step: Hashable, Sendable {
        /// All rows are published.
        case idle
        case appended(Int, leavesMore: Bool = false)
        /// The stream did not end where expected. The next step locates its end.
        case moved
    }

    let service: ServiceName
    let pool: PostgresPool
    let outbox: Outbox
    let stream: EventStream
    let bound: StreamBound
    /// The followers that this build declares. A follower without a group has read nothing.
    let followers: [ServiceName]
    /// Notified by each commit of this process. The commits of other processes are found by polling.
    let wakeup: Wakeup
    let logger: Logger
    /// The time between two polls for commits of other processes.
    var pollInterval: Duration = .milliseconds(500)
    /// Minimum time between two appends. Rows that are committed in between are published together, because a few
    /// events cost each follower as much as many. The first append after a pause is made at once.
    var minAppendInterval: Duration = .milliseconds(20)
    /// Maximum time to publish the remaining rows at the end of the process.
    var finalPublishTimeout: Duration = .milliseconds(500)
    /// Maximum number of rows in one append.
    var maxRowsPerAppend = 500

    func run() async throws {
        let position = await cancelWhenGracefulShutdown {
            await withTaskExecutorPreference(stream.executor) { await keepPublishing() }
        }
        await publishRemaining(from: position)
    }

    /// Publishes the rows that the last batches have committed. If a server is down, another process does it later.
    private func publishRemaining(from position: Position?) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var position = position
                while let step = try? await step(from: &position), step.leavesMore {}
            }
            group.addTask { try? await Task.sleep(for: finalPublishTimeout) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Publishes until the task is cancelled. Returns the position at that time.
    private func keepPublishing() async -> Position? {
        var position: Position?
        var failureBackoff = Backoff(from: .milliseconds(100), to: .seconds(2))
        var nextAppend = ContinuousClock.now
        while !Task.isCancelled {
            do {
                let step = try await step(from: &position)
                failureBackoff.reset()
                switch step {
                case .moved: break
                case .appended(_, let leavesMore):
                    nextAppend = .now + minAppendInterval
                    if !leavesMore { await waitForRows(until: nextAppend) }
                case .idle:
                    await waitForRows(until: nextAppend)
                    try await noticeLoss(at: &position)
                }
            } catch {
                // Cancellation at the end of the process is not a failure.
                if Task.isCancelled { break }
                // The next connection may reach a different server.
                position = nil
                logger.error(
                    "Relay could not publish events; retrying", metadata: ["stream": "\(service)", "error": "\(error)"])
                if let error = error as? RestoredDatabase { await report(error) }
                try? await Task.sleep(for: error is RestoredDatabase ? .seconds(5) : failureBackoff.next())
            }
        }
        return position
    }

    /// Reports the error in Redis, so that the API refuses commands. If Redis is unavailable, the next try reports it.
    private func report(_ error: RestoredDatabase) async {
        try? await stream.publishingStops.report(service, reason: "\(error)")
    }

    private func waitForRows(until nextAppend: ContinuousClock.Instant) async {
        await wakeup.wait(until: .now + pollInterval)
        // If the sleep is cancelled, the loop ends.
        if nextAppend > .now { try? await Task.sleep(until: nextAppend, clock: .continuous) }
    }

    /// Publishes at most ``maxRowsPerAppend`` rows.
    func step(from position: inout Position?) async throws -> Step {
        let start = if let position { position } else { try await locatePosition() }
        position = start
        // Read the known row again: after a reconnect the database may have been restored from a backup.
        var rows = try await outbox.read(after: start.outboxRow - 1, limit: maxRowsPerAppend + 1, on: pool)
        if let event = start.event {
            guard let known = rows.first, known.id == start.outboxRow, known.event.id == event else {
                position = nil
                return .moved
            }
            rows.removeFirst()
        } else if let first = rows.first, first.id <= Int64(clamping: start.streamEnd.outboxID) {
            // The row has the number of an event that the outbox has lost.
            position = nil
            return .moved
        }
        guard !rows.isEmpty else { return .idle }
        let entries = rows.map { (id: UInt64($0.id), event: EventEnvelope($0.event)) }
        let result = try await stream.append(
            expectedLast: start.streamEnd, entries: entries, bound: bound, followers: followers.map(\.rawValue))
        switch result {
        case .appended(let count, let last):
            position = Position(
                streamEnd: last, outboxRow: Int64(last.outboxID),
                event: rows.first { UInt64($0.id) == last.outboxID }?.event.id)
            return .appended(count, leavesMore: count < rows.count || rows.count >= maxRowsPerAppend)
        case .behind:
            position = nil
            return .moved
        }
    }

    /// Detects that Redis has lost events, which some follower may not have read, even if no new rows are committed.
    func noticeLoss(at position: inout Position?) async throws {
        guard let known = position, try await stream.last().id != known.streamEnd else { return }
        position = nil
    }

    /// Locates the end of the stream, and checks that its last entry is a row of *this* outbox.
    private func locatePosition() async throws -> Position {
        let (end, entry) = try await stream.last()
        let lastSettledID = try await outbox.lastSettledID(on: pool)
        let lastSettledEvent = try await outbox.event(at: lastSettledID, on: pool)
        guard end != .zero else {
            try await outbox.noteInstallation(on: pool)
            return Position(streamEnd: end, outboxRow: lastSettledID, event: lastSettledEvent)
        }
        if try await isForeignID(end) {
            logger.error(
                """
                Event stream has an entry that was added by hand; publishing it again from the low-water mark. Followers \
                move such entries to their dead letters
                """, metadata: ["stream": "\(service)", "entry": "\(end)"])
            try await stream.reset()
            return Position(streamEnd: .zero, outboxRow: lastSettledID, event: lastSettledEvent)
        }
        let row = Int64(end.outboxID)
        let event = try await outbox.event(at: row, on: pool)
        // A row that every follower has settled may have been dropped. If any other row is missing, its commit is lost.
        let isMissing = event == nil && row > lastSettledID
        let isAnother = event != nil && event != entry?.uuid && (entry != nil || row > lastSettledID)
        if isMissing, let lost = try await outbox.lostNumbers(on: pool), lost.through >= row {
            return Position(streamEnd: end, outboxRow: row, event: nil)
        }
        if isMissing || isAnother { return try await continueAfterLoss(streamEnd: end, lastSettledID: lastSettledID) }
        try await outbox.noteInstallation(on: pool)
        return row >= lastSettledID
            ? Position(streamEnd: end, outboxRow: row, event: event)
            : Position(streamEnd: end, outboxRow: lastSettledID, event: lastSettledEvent)
    }

    /// True if the id can't be a row's id. An entry added with `*` has the clock's milliseconds as its number, and no
    /// backup lacks that many events.
    private func isForeignID(_ id: StreamID) async throws -> Bool {
        if id.sequence != 0 { return true }
        let last = try await outbox.lastID(on: pool)
        return Int64(clamping: id.outboxID) - last > 100_000_000_000
    }
}

extension Relay.Step {
    /// True if another step may find rows.
    fileprivate var leavesMore: Bool {
        switch self {
        case .moved, .appended(_, leavesMore: true): true
        case .idle, .appended: false
        }
    }
}

extension EventEnvelope {
    init(_ event: OutboxEvent) {
        self.init(
            id: EventID(event.id), type: event.type, payloadVersion: event.v, at: event.at, subject: event.subject,
            version: event.version, trace: event.trace, body: event.body)
    }
}

/// The stream holds many events that the outbox does not have, or the database belongs to another installation. A
/// failover explains neither, so an operator must decide.
struct RestoredDatabase: Error, CustomStringConvertible {
    var service: ServiceName
    var streamEnd: StreamID

    var description: String {
        """
        the event stream of \(service) ends with \(streamEnd), which is not the outbox row of that number: was the \
        database restored from a backup? `gittix doctor --fix` repairs it; docs/OPERATIONS.md says how
        """
    }
}
