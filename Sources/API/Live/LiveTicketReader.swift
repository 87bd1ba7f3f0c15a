import Logging
import Marketplace
import Storage
import Synchronization

/// Reads what can be had of the watched tickets: one query at a time, so that an older count is never shown after a newer
/// one, for all that may have changed, each at once and then at most every 100 ms.
final class LiveTicketReader: Sendable {
    private static let pause = Duration.milliseconds(100)
    /// So short a time ago a ticket was read, it need not be read for one more watcher.
    private static let freshness = Duration.seconds(1)
    private static let batchLimit = 1000

    private typealias Waiter = CheckedContinuation<Bool, any Error>

    private struct State {
        var waiters: [TicketID: [Waiter]] = [:]
        var isClosed = false
        var isFailing = false
    }

    private let hub: LiveHub
    private let orders: OrderReads
    private let tickets: TicketReads
    private let logger: Logger
    private let state = Mutex(State())
    private let wakes: AsyncStream<Void>
    private let waking: AsyncStream<Void>.Continuation

    init(hub: LiveHub, orders: OrderReads, tickets: TicketReads, logger: Logger) {
        self.hub = hub
        self.orders = orders
        self.tickets = tickets
        self.logger = logger
        (wakes, waking) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Says that something was marked as to be read.
    func wake() { waking.yield() }

    /// Sees to it that the state of a ticket that is watched is known. False when there is no such ticket.
    func know(_ ticket: TicketID) async throws -> Bool {
        if hub.hasRead(ticket, since: .now - Self.freshness) { return true }
        return try await withCheckedThrowingContinuation { waiter in
            let isClosed = state.withLock { state in
                if !state.isClosed { state.waiters[ticket, default: []].append(waiter) }
                return state.isClosed
            }
            if isClosed { return waiter.resume(throwing: CancellationError()) }
            _ = hub.markDirty([ticket])
            wake()
        }
    }

    /// Runs until its task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            var alarm: ContinuousClock.Instant?
            for await _ in wakes {
                let now = ContinuousClock.now
                if let time = alarm, time <= now { alarm = nil }
                let (due, next) = hub.takeDirty(limit: Self.batchLimit, pause: Self.pause, now: now)
                if !due.isEmpty { await read(due) }
                if let next, alarm.map({ next < $0 }) ?? true {
                    alarm = next
                    group.addTask {
                        // Cancelled: nobody waits for the alarm any more.
                        try? await Task.sleep(until: next, clock: .continuous)
                        self.wake()
                    }
                }
            }
        }
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [:] }
            return state.waiters.values.flatMap { $0 }
        }
        for waiter in waiters { waiter.resume(throwing: CancellationError()) }
    }

    private func read(_ ids: [TicketID]) async {
        do {
            let found = try await find(ids)
            state.withLock { $0.isFailing = false }
            for ticket in found { hub.publish(ticket) }
            let there = Set(found.map(\.id))
            for id in ids { answer(id) { $0.resume(returning: there.contains(id)) } }
        } catch {
            let isNew = state.withLock { state in
                defer { state.isFailing = true }
                return !state.isFailing
            }
            if isNew { logger.warning("watched tickets can't be read", metadata: ["error": "\(error)"]) }
            // They stay to be read, after the pause like all others.
            if hub.markDirty(ids) { wake() }
            for id in ids { answer(id) { $0.resume(throwing: error) } }
        }
    }

    /// Those of the ids that there are.
    private func find(_ ids: [TicketID]) async throws -> [TicketAvailability] {
        var found = try await orders.availability(of: ids)
        let known = Set(found.map(\.id))
        // The orders service may not have heard yet of a listing, or of its latest change: the event of it came before
        // anybody watched.
        let asked = ids.filter { !known.contains($0) } + hub.unread(known)
        guard !asked.isEmpty else { return found }
        let listings = Dictionary(uniqueKeysWithValues: try await tickets.listings(asked).map { ($0.state.id, $0) })
        for index in found.indices {
            if let listing = listings[found[index].id] { found[index].hear(listing.state) }
        }
        return found + listings.values.filter { !known.contains($0.state.id) }.map(TicketAvailability.init)
    }

    private func answer(_ ticket: TicketID, _ resume: (Waiter) -> Void) {
        let waiters = state.withLock { $0.waiters.removeValue(forKey: ticket) } ?? []
        for waiter in waiters { resume(waiter) }
    }
}
