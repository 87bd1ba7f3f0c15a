import Logging
import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Connections to one PostgreSQL, made as they are needed and at most so many.
///
/// Who finds none free waits in turn. A connection that broke is replaced; while the server is away, attempts to connect
/// are spaced out with jitter, and those who wait go on waiting until their deadline.
public final class PostgresPool: Sendable {
    public let configuration: PostgresConfiguration
    /// How long somebody waits for a connection who gave no earlier deadline.
    public let acquireTimeout: Duration
    private let state: Mutex<PoolState<PostgresConnection>>
    private let nextWaiter = Atomic<UInt64>(0)

    public init(_ configuration: PostgresConfiguration, size: Int, acquireTimeout: Duration = .seconds(5)) {
        self.configuration = configuration
        self.acquireTimeout = acquireTimeout
        state = Mutex(PoolState(limit: size))
    }

    // MARK: Use

    /// Lends a connection for as long as the body runs.
    @discardableResult
    public nonisolated(nonsending) func withConnection<Value>(
        deadline: ContinuousClock.Instant? = nil,
        _ body: nonisolated(nonsending) (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await acquire(deadline: deadline)
        do {
            let value = try await body(connection)
            await release(connection)
            return value
        } catch {
            await release(connection)
            throw error
        }
    }

    /// Runs the body in a transaction: COMMIT when it returns, ROLLBACK when it throws. The deadline holds for the wait
    /// for a connection and for each statement; the `opening` statements travel with BEGIN and the body's first.
    @discardableResult
    public nonisolated(nonsending) func withTransaction<Value>(
        level: PostgresTransaction.Level = .readCommitted, readOnly: Bool = false, opening: [SQL] = [],
        deadline: ContinuousClock.Instant? = nil,
        _ body: nonisolated(nonsending) (PostgresTransaction) async throws -> Value
    ) async throws -> Value {
        let connection = try await acquire(deadline: deadline)
        do {
            let value = try await connection.transaction(
                level: level, readOnly: readOnly, opening: opening, deadline: deadline, body)
            await release(connection)
            return value
        } catch {
            await release(connection)
            throw error
        }
    }

    /// Runs a statement of its own and returns its rows.
    ///
    /// It is sent again, once, where the connection turned out to be dead before anything was sent.
    public func query(_ sql: SQL, deadline: ContinuousClock.Instant? = nil) async throws -> PostgresRows {
        do {
            return try await withConnection(deadline: deadline) { try await $0.query(sql, deadline: deadline) }
        } catch let error as PostgresError where error.kind == .connectionLost(sent: false) {
            return try await withConnection(deadline: deadline) { try await $0.query(sql, deadline: deadline) }
        }
    }

    /// Runs a statement of its own and returns how many rows it inserted, changed or deleted.
    @discardableResult
    public func execute(_ sql: SQL, deadline: ContinuousClock.Instant? = nil) async throws -> Int {
        try await query(sql, deadline: deadline).affectedRows
    }

    /// Runs the statements in one round trip: all take effect or none.
    public func pipeline(
        _ statements: [SQL], deadline: ContinuousClock.Instant? = nil
    ) async throws -> [PostgresRows] {
        try await withConnection(deadline: deadline) { try await $0.pipeline(statements, deadline: deadline) }
    }

    /// Closes the connections that are free, and those lent out when they come back. Who waits is told `.closed`.
    public func close() async {
        let (waiters, idle) = state.withLock { $0.close() }
        for waiter in waiters { waiter.fail(PostgresError(.closed, "the pool was closed")) }
        for connection in idle { await connection.close() }
    }

    /// How the pool is used at the moment.
    public struct Statistics: Sendable, Hashable {
        public var limit: Int
        public var idle: Int
        public var leased: Int
        public var connecting: Int
        public var waiting: Int
    }

    public var statistics: Statistics {
        state.withLock { state in
            Statistics(
                limit: state.limit, idle: state.idle.count, leased: state.leased, connecting: state.connecting,
                waiting: state.waiters.count)
        }
    }

    // MARK: Lending

    private func acquire(deadline: ContinuousClock.Instant?) async throws -> PostgresConnection {
        let deadline = min(deadline ?? .now + acquireTimeout, .now + acquireTimeout)
        while true {
            let connection = try await lease(deadline: deadline)
            // A word of the server on an idle connection is, as a rule, its last.
            if !connection.hasUnreadInput { return connection }
            if await connection.checkAlive() { return connection }
            if state.withLock({ $0.discarded() }) { startConnecting() }
        }
    }

    private func lease(deadline: ContinuousClock.Instant) async throws -> PostgresConnection {
        if Task.isCancelled { throw PostgresError(.cancelled, "before there was a connection") }
        switch state.withLock({ $0.takeIdle() }) {
        case .granted(let connection): return connection
        case .closed: throw PostgresError(.closed, "the pool is closed")
        case .queued, nil: break
        }
        let id = nextWaiter.add(1, ordering: .relaxed).newValue
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                wait(PoolState.Waiter(id: id, continuation: continuation), deadline: deadline)
            }
        } onCancel: {
            state.withLock { $0.removeWaiter(id) }?.fail(
                PostgresError(.cancelled, "while waiting for a connection"))
        }
    }

    private func wait(_ waiter: PoolState<PostgresConnection>.Waiter, deadline: ContinuousClock.Instant) {
        switch state.withLock({ $0.queue(waiter) }) {
        case .granted(let connection): return waiter.continuation.resume(returning: connection)
        case .closed: return waiter.fail(PostgresError(.closed, "the pool is closed"))
        case .queued(let connect): if connect { startConnecting() }
        }
        let timer = Task { [weak self] in
            try? await Task.sleep(until: deadline)
            guard !Task.isCancelled else { return }
            self?.expire(waiter.id)
        }
        if !state.withLock({ $0.setTimer(timer, of: waiter.id) }) { timer.cancel() }
        // The task may have been cancelled before it was in the queue, where its handler looked.
        if Task.isCancelled {
            state.withLock { $0.removeWaiter(waiter.id) }?.fail(
                PostgresError(.cancelled, "while waiting for a connection"))
        }
    }

    private func expire(_ id: UInt64) {
        let (waiter, failure, limit) = state.withLock { ($0.removeWaiter(id), $0.lastFailure, $0.limit) }
        waiter?.fail(failure ?? PostgresError(.poolExhausted, "all \(limit) connections stayed in use"))
    }

    private func release(_ connection: PostgresConnection) async {
        if !connection.isClosed && !connection.isIdle { await connection.reset() }
        guard !connection.isClosed else {
            if state.withLock({ $0.discarded() }) { startConnecting() }
            return
        }
        await handOver(connection, state.withLock { $0.released(connection) })
    }

    private func handOver(
        _ connection: PostgresConnection, _ handover: PoolState<PostgresConnection>.Handover
    ) async {
        switch handover {
        case .to(let waiter):
            waiter.timer?.cancel()
            waiter.continuation.resume(returning: connection)
        case .kept: break
        case .close: await connection.close()
        }
    }

    // MARK: Connecting

    private func startConnecting() {
        // Not the waiter's own task: the connection serves whoever is first in the queue when it is there.
        Task { await connect() }
    }

    private func connect() async {
        while true {
            do {
                let connection = try await PostgresConnection.connect(configuration)
                await handOver(connection, state.withLock { $0.connected(connection) })
                // Others may wait who held back while connecting failed.
                if state.withLock({ $0.wantsConnection() }) { startConnecting() }
                return
            } catch {
                let error = error as? PostgresError ?? PostgresError(.connectionLost(sent: false), "\(error)")
                configuration.logger.warning("no connection to PostgreSQL", metadata: ["error": "\(error)"])
                let (refused, tryAgain) = state.withLock { $0.connectingFailed(error) }
                for waiter in refused { waiter.fail(error) }
                guard tryAgain else { return }
            }
            try? await Task.sleep(for: pause(afterFailures: state.withLock(\.failures)))
            guard state.withLock({ $0.stillWantsConnection() }) else { return }
        }
    }

    /// 50 ms, doubling up to 2 s, of which a random half.
    private func pause(afterFailures failures: Int) -> Duration {
        let most = min(50 << min(failures - 1, 6), 2000)
        return .milliseconds(Int.random(in: most / 2...most))
    }
}

extension PoolState.Waiter {
    func fail(_ error: PostgresError) {
        timer?.cancel()
        continuation.resume(throwing: error)
    }
}

extension PostgresConnection {
    /// Whether the server has sent something, or closed the connection, while nothing was asked of it. Looks without
    /// blocking and without a visit to the connection's thread; for an idle connection that nobody else uses.
    nonisolated var hasUnreadInput: Bool {
        let socket = self.socket
        guard socket >= 0 else { return true }
        var place = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&place, 1, 0) != 0
    }
}
