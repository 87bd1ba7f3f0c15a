import Synchronization

/// Combines simultaneous reads by id. While a query runs, the ids of new requests are collected, and the next query
/// reads them all.
///
/// Results are as fresh as the results of separate reads: the query that serves a request starts after the request. If
/// no query is running, a request starts one immediately. Each query runs in the task of one of its requests, so there
/// is no timer and no extra task. The number of waiting requests is not limited.
public final class BatchedReads<ID: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Waiter {
        let id: ID
        let continuation: CheckedContinuation<Turn, Never>
    }

    private enum Turn {
        case finished(Result<Value?, any Error>)
        /// Run the next query.
        case run
    }

    private struct State {
        var runningQueries = 0
        /// The start of the latest query.
        var latestStart: ContinuousClock.Instant?
        var waiters: [Waiter] = []

        mutating func take(atMost limit: Int) -> [Waiter] {
            let taken = Array(waiters.prefix(limit))
            waiters.removeFirst(taken.count)
            return taken
        }
    }

    private let state = Mutex(State())
    private let batchSize: Int
    private let overlapAfter: Duration
    private let maxQueries: Int
    private let read: @Sendable ([ID]) async throws -> [ID: Value]

    /// - Parameters:
    ///   - batchSize: Maximum number of ids in one query.
    ///   - overlapAfter: Time since the start of the latest query after which another query may run beside it.
    ///   - maxQueries: Maximum number of queries that run at the same time.
    ///   - read: Runs the query. It leaves out ids that do not exist.
    public init(
        batchSize: Int = 256, overlapAfter: Duration = .milliseconds(20), maxQueries: Int = 4,
        read: @escaping @Sendable ([ID]) async throws -> [ID: Value]
    ) {
        self.batchSize = batchSize
        self.overlapAfter = overlapAfter
        self.maxQueries = maxQueries
        self.read = read
    }

    /// The number of requests that wait for the next query.
    var waiting: Int { state.withLock(\.waiters.count) }

    /// Returns the value with this id, or `nil` if there is none.
    public nonisolated(nonsending) func value(_ id: ID) async throws -> Value? {
        if state.withLock({ startsQuery(&$0) }) { return try await run(for: id) }
        let turn = await withCheckedContinuation { continuation in
            // The running queries may have ended since the first check.
            let starts = state.withLock { state in
                let starts = startsQuery(&state)
                if !starts { state.waiters.append(Waiter(id: id, continuation: continuation)) }
                return starts
            }
            if starts { continuation.resume(returning: .run) }
        }
        switch turn {
        case .finished(let result): return try result.get()
        case .run:
            // Under load, let the requests that are ready join this query.
            await Task.yield()
            return try await run(for: id)
        }
    }

    /// Returns true if a query may start now, and counts it as running.
    private func startsQuery(_ state: inout State) -> Bool {
        let now = ContinuousClock.now
        if state.runningQueries > 0 {
            guard state.runningQueries < maxQueries, let latest = state.latestStart, now - latest >= overlapAfter else {
                return false
            }
        }
        state.runningQueries += 1
        state.latestStart = now
        return true
    }

    /// Reads this id together with the ids of waiting requests.
    private nonisolated(nonsending) func run(for id: ID) async throws -> Value? {
        let others = state.withLock { state in
            state.latestStart = .now
            return state.take(atMost: batchSize - 1)
        }
        let outcome: Result<[ID: Value], any Error>
        do {
            outcome = .success(try await read(Array(Set([id] + others.map(\.id)))))
        } catch {
            outcome = .failure(error)
        }
        // If this task was cancelled, only its request fails: another request runs the query again.
        let failsAlone = if case .failure = outcome { Task.isCancelled } else { false }
        let next = state.withLock { state in
            if failsAlone { state.waiters = others + state.waiters }
            let next = state.take(atMost: 1).first
            if next == nil { state.runningQueries -= 1 } else { state.latestStart = .now }
            return next
        }
        if !failsAlone {
            for other in others { other.continuation.resume(returning: .finished(outcome.map { $0[other.id] })) }
        }
        // This comes last, so that the next query includes the ids that the callers of finished requests ask for next.
        next?.continuation.resume(returning: .run)
        return try outcome.get()[id]
    }
}
