import FoundationEssentials
import Logging
import Marketplace
import PostgresClient
import ServiceLifecycle
import Storage
import Streams

/// Brings a service's outbox into its event stream: every row once, in order, under the row's own number.
///
/// Any number may run. Each appends only where the stream is as it believed, and looks again where it is not; so it does
/// not matter which of them was first, nor where one was stopped.
struct Relay: ServiceLifecycle.Service {
    /// Where the stream ends, and after which row the next is to be read. The two differ after Redis has lost entries
    /// that every follower had read.
    struct Position: Hashable, Sendable {
        var streamEnd: StreamID
        var outboxRow: Int64
        /// The event of that row, where there is one: while it is there, the outbox is still the one that was looked at.
        var event: UUID?
    }

    enum Step: Hashable, Sendable {
        /// Nothing is left to append.
        case idle
        case appended(Int, leavesMore: Bool = false)
        /// The stream was not where it was believed to be: to be looked at again.
        case moved
        /// The stream holds all it may: the rest waits in the outbox for its readers.
        case full
    }

    let service: Marketplace.Service
    let pool: PostgresPool
    let outbox: Outbox
    let stream: EventStream
    let bound: StreamBound
    /// Fired by each commit of this process. The rows of others are found by looking.
    let signal: Signal
    let logger: Logger
    /// How long to wait for a signal.
    var interval: Duration = .milliseconds(500)
    /// The least between two appends: what is committed meanwhile goes together, for a few events cost each follower as
    /// much as many. The first after a pause goes at once.
    var pace: Duration = .milliseconds(20)
    /// How long the end of the process may wait for what is left.
    var lastLook: Duration = .milliseconds(500)
    /// The most rows of one append.
    var limit = 500

    func run() async throws {
        let position = await cancelWhenGracefulShutdown { await keepPublishing() }
        await publishTheRest(from: position)
    }

    /// What the last batches have committed need not wait until another process looks. Where a server is away, it does.
    private func publishTheRest(from position: Position?) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var position = position
                while let step = try? await step(from: &position), step.leavesMore {}
            }
            group.addTask { try? await Task.sleep(for: lastLook) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Until the task is cancelled; the position then.
    private func keepPublishing() async -> Position? {
        var position: Position?
        let shortPause = Duration.milliseconds(50)
        var pause = shortPause
        var nextAppend = ContinuousClock.now
        while !Task.isCancelled {
            do {
                let step = try await step(from: &position)
                switch step {
                case .moved: pause = shortPause
                case .appended(_, let leavesMore):
                    pause = shortPause
                    nextAppend = .now + pace
                    if !leavesMore { await waitForRows(until: nextAppend) }
                case .idle:
                    pause = shortPause
                    await waitForRows(until: nextAppend)
                    try await noticeLoss(at: &position)
                case .full:
                    if pause == shortPause {
                        logger.warning("The event stream of \(service) is full: the rest waits in the outbox.")
                    }
                    pause = min(pause * 2, .seconds(1))
                    try await Task.sleep(for: pause)
                }
            } catch {
                // Whatever was cut short by the end of the process is no failure.
                if Task.isCancelled { break }
                // A connection that failed may have been to another server than the next one is.
                position = nil
                logger.error(
                    "Events of \(service) are not published.", metadata: ["error": "\(error)"])
                pause = error is RestoredDatabase ? .seconds(5) : min(pause * 2, .seconds(2))
                try? await Task.sleep(for: pause)
            }
        }
        return position
    }

    private func waitForRows(until nextAppend: ContinuousClock.Instant) async {
        await signal.wait(for: interval)
        // Cancelled: the loop ends.
        if nextAppend > .now { try? await Task.sleep(until: nextAppend, clock: .continuous) }
    }

    func step(from position: inout Position?) async throws -> Step {
        let start = if let position { position } else { try await look() }
        position = start
        // From the known row on, not after it: a connection that came back may be to a database of another day.
        var rows = try await outbox.read(after: start.outboxRow - 1, limit: limit + 1, on: pool)
        if let event = start.event {
            guard let known = rows.first, known.id == start.outboxRow, known.event.id == event else {
                position = nil
                return .moved
            }
        }
        rows.removeAll { $0.id == start.outboxRow }
        guard !rows.isEmpty else { return .idle }
        let entries = rows.map { (id: UInt64($0.id), event: EventEnvelope($0.event)) }
        switch try await stream.append(expectedLast: start.streamEnd, entries: entries, bound: bound) {
        case .appended(let count, let last):
            position = Position(
                streamEnd: last, outboxRow: Int64(last.outboxID),
                event: rows.first { UInt64($0.id) == last.outboxID }?.event.id)
            return .appended(count, leavesMore: count < rows.count || rows.count >= limit)
        case .behind:
            position = nil
            return .moved
        case .full: return .full
        }
    }

    /// Redis may lose events that not every follower has read at a time when no new ones come.
    func noticeLoss(at position: inout Position?) async throws {
        guard let known = position, try await stream.last().id != known.streamEnd else { return }
        position = nil
    }

    /// Finds the end of the stream, and that it is the end of *this* outbox.
    private func look() async throws -> Position {
        let (end, entry) = try await stream.last()
        let lowWater = try await outbox.lowWater(on: pool)
        let lowWaterEvent = try await outbox.event(at: lowWater, on: pool)
        guard end != .zero else { return Position(streamEnd: end, outboxRow: lowWater, event: lowWaterEvent) }
        if try await isNoNumberOfOurs(end) {
            logger.error(
                """
                Somebody wrote into the event stream of \(service) by hand. The entries go to the dead letters; the \
                stream is published again from the low-water mark on.
                """, metadata: ["entry": "\(end)"])
            try await stream.startAgain()
            return Position(streamEnd: .zero, outboxRow: lowWater, event: lowWaterEvent)
        }
        let row = Int64(end.outboxID)
        let event = try await outbox.event(at: row, on: pool)
        // A row that is missing was dropped, if every follower had read it; else it never was.
        let isMissing = event == nil && row > lowWater
        let isAnother = event != nil && entry != nil && event != entry?.uuid
        if isMissing || isAnother { throw RestoredDatabase(service: service, streamEnd: end) }
        return row >= lowWater
            ? Position(streamEnd: end, outboxRow: row, event: event)
            : Position(streamEnd: end, outboxRow: lowWater, event: lowWaterEvent)
    }

    /// An entry added with `*` has the clock's milliseconds for a number: no backup is that many events old.
    private func isNoNumberOfOurs(_ id: StreamID) async throws -> Bool {
        if id.sequence != 0 { return true }
        let last = try await outbox.lastID(on: pool)
        return Int64(clamping: id.outboxID) - last > 100_000_000_000
    }
}

extension Relay.Step {
    /// Whether another step would find something, as far as is known.
    fileprivate var leavesMore: Bool {
        switch self {
        case .moved, .appended(_, leavesMore: true): true
        case .idle, .full, .appended: false
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

/// The stream speaks of events that the outbox never had: the database is older than Redis. Whatever was appended now
/// would be taken for something else.
struct RestoredDatabase: Error, CustomStringConvertible {
    var service: Marketplace.Service
    var streamEnd: StreamID

    var description: String {
        """
        the event stream of \(service) ends with \(streamEnd), which is not the outbox row of that number: was the \
        database restored from a backup? `gittix doctor` mends it, and docs/OPERATIONS.md says how
        """
    }
}
