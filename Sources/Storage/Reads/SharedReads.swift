import Synchronization

/// Reads by id, shared by all who ask at the same time: while a query is under way, the ids of those who come meanwhile
/// gather, and the next query takes them all.
///
/// What is read is as fresh as if each had asked alone: the query of a reader starts after it asked. Whoever comes when
/// nothing is under way waits for nobody. A query is run by the task of one of those who need it, so there is neither a
/// timer nor a task besides. As many wait as there are requests.
public final class SharedReads<ID: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Waiter {
        let id: ID
        let continuation: CheckedContinuation<Turn, Never>
    }

    private enum Turn {
        case answered(Result<Value?, any Error>)
        /// To run the next query.
        case run
    }

    private struct State {
        var underWay = 0
        /// When the latest query began.
        var latest: ContinuousClock.Instant?
        var waiters: [Waiter] = []

        mutating func take(_ most: Int) -> [Waiter] {
            let taken = Array(waiters.prefix(most))
            waiters.removeFirst(taken.count)
            return taken
        }
    }

    private let state = Mutex(State())
    private let most: Int
    private let patience: Duration
    private let queries: Int
    private let read: @Sendable ([ID]) async throws -> [ID: Value]

    /// - Parameters:
    ///   - most: how many ids one query takes.
    ///   - patience: how long a query may last before another is begun beside it.
    ///   - queries: how many may be under way.
    ///   - read: the query. What it leaves out is not there.
    public init(
        most: Int = 256, patience: Duration = .milliseconds(20), queries: Int = 4,
        read: @escaping @Sendable ([ID]) async throws -> [ID: Value]
    ) {
        self.most = most
        self.patience = patience
        self.queries = queries
        self.read = read
    }

    /// How many wait for the next query.
    var waiting: Int { state.withLock(\.waiters.count) }

    /// Nil when there is none.
    public nonisolated(nonsending) func value(_ id: ID) async throws -> Value? {
        if state.withLock({ mayBegin(&$0) }) { return try await run(for: id) }
        let turn = await withCheckedContinuation { continuation in
            // What was under way may have ended in between.
            let begins = state.withLock { state in
                let begins = mayBegin(&state)
                if !begins { state.waiters.append(Waiter(id: id, continuation: continuation)) }
                return begins
            }
            if begins { continuation.resume(returning: .run) }
        }
        switch turn {
        case .answered(let result): return try result.get()
        case .run:
            // It is busy: what is at the door already is let in first.
            await Task.yield()
            return try await run(for: id)
        }
    }

    /// Whether a query may begin.
    private func mayBegin(_ state: inout State) -> Bool {
        let now = ContinuousClock.now
        if state.underWay > 0 {
            guard state.underWay < queries, let latest = state.latest, now - latest >= patience else { return false }
        }
        state.underWay += 1
        state.latest = now
        return true
    }

    /// Reads for all who wait at this moment.
    private nonisolated(nonsending) func run(for id: ID) async throws -> Value? {
        let others = state.withLock { state in
            state.latest = .now
            return state.take(most - 1)
        }
        let outcome: Result<[ID: Value], any Error>
        do {
            outcome = .success(try await read(Array(Set([id] + others.map(\.id)))))
        } catch {
            outcome = .failure(error)
        }
        // Who is cancelled fails alone: another of them asks for the rest.
        let failsAlone = if case .failure = outcome { Task.isCancelled } else { false }
        let next = state.withLock { state in
            if failsAlone { state.waiters = others + state.waiters }
            let next = state.take(1).first
            if next == nil { state.underWay -= 1 } else { state.latest = .now }
            return next
        }
        if !failsAlone {
            for other in others { other.continuation.resume(returning: .answered(outcome.map { $0[other.id] })) }
        }
        // Last, so that the next query takes along what those ask for who were answered.
        next?.continuation.resume(returning: .run)
        return try outcome.get()[id]
    }
}
