import Logging
import Marketplace
import Services
import Storage
import Synchronization

/// Reads the availability of watched listings that may have changed: each listing immediately, but at most every 100
/// ms. The reader runs one query at a time, so that an older count never replaces a newer one.
final class LiveListingReader: Sendable {
    /// Minimum time between two reads of a listing.
    private static let pause = Duration.milliseconds(100)
    /// Maximum age of a read that serves a new watcher.
    private static let freshness = Duration.seconds(1)
    private static let batchLimit = 1000

    private typealias Waiter = CheckedContinuation<Bool, any Error>

    private struct State {
        var waiters: [ListingID: [Waiter]] = [:]
        var isClosed = false
        var isFailing = false
    }

    private let hub: LiveHub
    private let orders: OrderReads
    private let listings: ListingReads
    private let logger: Logger
    private let state = Mutex(State())
    private let wakeups: AsyncStream<Void>
    private let wakeup: AsyncStream<Void>.Continuation

    init(hub: LiveHub, orders: OrderReads, listings: ListingReads, logger: Logger) {
        self.hub = hub
        self.orders = orders
        self.listings = listings
        self.logger = logger
        (wakeups, wakeup) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Starts reading the listings that are marked for reading.
    func wake() { wakeup.yield() }

    /// Reads a watched listing if its state is not recent. Returns false if there is no such listing.
    func ensureRead(_ listing: ListingID) async throws -> Bool {
        if hub.hasRead(listing, since: .now - Self.freshness) { return true }
        return try await withCheckedThrowingContinuation { waiter in
            let isClosed = state.withLock { state in
                if !state.isClosed { state.waiters[listing, default: []].append(waiter) }
                return state.isClosed
            }
            if isClosed { return waiter.resume(throwing: CancellationError()) }
            _ = hub.markDirty([listing])
            wake()
        }
    }

    /// Runs until its task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            var nextWakeup: ContinuousClock.Instant?
            for await _ in wakeups {
                let now = ContinuousClock.now
                if let time = nextWakeup, time <= now { nextWakeup = nil }
                let (due, next) = hub.takeDirty(limit: Self.batchLimit, pause: Self.pause, now: now)
                if !due.isEmpty { await read(due) }
                if let next, nextWakeup.map({ next < $0 }) ?? true {
                    nextWakeup = next
                    group.addTask {
                        // A cancellation also ends the loop, so the error needs no handling.
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

    private func read(_ ids: [ListingID]) async {
        do {
            let found = try await availability(of: ids)
            state.withLock { $0.isFailing = false }
            for listing in found { hub.publish(listing) }
            let existing = Set(found.map(\.id))
            for id in ids { resumeWaiters(for: id) { $0.resume(returning: existing.contains(id)) } }
        } catch {
            let isNew = state.withLock { state in
                defer { state.isFailing = true }
                return !state.isFailing
            }
            if isNew { logger.warning("Could not read watched listings; retrying", metadata: ["error": "\(error)"]) }
            // Read them again after the pause.
            if hub.markDirty(ids) { wake() }
            for id in ids { resumeWaiters(for: id) { $0.resume(throwing: error) } }
        }
    }

    /// Reads the availability of the listings that exist.
    private func availability(of ids: [ListingID]) async throws -> [ListingAvailability] {
        var found = try await orders.availability(of: ids)
        let known = Set(found.map(\.id))
        // The orders service may not know a new listing or its latest change yet, and the event of the change may have
        // arrived before the first watcher.
        let missing = ids.filter { !known.contains($0) } + hub.unread(known)
        guard !missing.isEmpty else { return found }
        let read = Dictionary(uniqueKeysWithValues: try await listings.listings(missing).map { ($0.state.id, $0) })
        for index in found.indices {
            if let listing = read[found[index].id] { found[index].apply(listing.state) }
        }
        return found + read.values.filter { !known.contains($0.state.id) }.map(ListingAvailability.init)
    }

    private func resumeWaiters(for listing: ListingID, _ resume: (Waiter) -> Void) {
        let waiters = state.withLock { $0.waiters.removeValue(forKey: listing) } ?? []
        for waiter in waiters { resume(waiter) }
    }
}
