import Logging
import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A pool of connections to one PostgreSQL server, opened on demand up to a limit.
///
/// If no connection is free, callers wait in a queue (first in, first out). A broken connection is replaced. While the
/// server is unavailable, attempts to connect back off with jitter and callers keep waiting until their deadline.
public final class PostgresPool: Sendable {
    public let configuration: PostgresConfiguration
    /// Maximum time to wait for a connection, unless the caller's deadline is earlier.
    public let acquireTimeout: Duration
    private let state: Mutex<PoolState<PostgresConnection>>
    private let nextWaiter = Atomic<UInt64>(0)

    public init(_ configuration: PostgresConfiguration, size: Int, acquireTimeout: Duration = .seconds(5)) {
        self.configuration = configuration
        self.acquireTimeout = acquireTimeout
        state = Mutex(PoolState(limit: size))
    }

    // MARK: Use

    /// Lends a connection to the body until the body ends.
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

    /// Runs the body in a transaction: COMMIT when it returns, ROLLBACK when it throws.
    ///
    /// The deadline applies to the wait for a connection and to each statement. The `opening` statements are sent with
    /// BEGIN and the body's first statement.
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

    /// Runs a statement outside a transaction and returns its rows.
    ///
    /// The statement is retried once if the connection was found dead before anything was sent.
    public func query(_ sql: SQL, deadline: ContinuousClock.Instant? = nil) async throws -> PostgresRows {
        do {
            return try await withConnection(deadline: deadline) { try await $0.query(sql, deadline: deadline) }
        } catch let error as PostgresError where error.kind == .connectionLost(sent: false) {
            return try await withConnection(deadline: deadline) { try await $0.query(sql, deadline: deadline) }
        }
    }

    /// Runs a statement outside a transaction and returns the number of rows that it inserted, updated or deleted.
    @discardableResult
    public func execute(_ sql: SQL, deadline: ContinuousClock.Instant? = nil) async throws -> Int {
        try await query(sql, deadline: deadline).affectedRows
    }

    /// Runs the statements in one round trip. Either all of them take effect or none.
    public func pipeline(
        _ statements: [SQL], deadline: ContinuousClock.Instant? = nil
    ) async throws -> [PostgresRows] {
        try await withConnection(deadline: deadline) { try await $0.pipeline(statements, deadline: deadline) }
    }

    /// Closes idle connections now, and leased connections on their release. Waiting callers get an error of kind
    /// `.closed`.
    public func close() async {
        let (waiters, idle) = state.withLock { $0.close() }
        for waiter in waiters { waiter.fail(PostgresError(.closed, "the pool was closed")) }
        for connection in idle { await connection.close() }
    }

    /// A snapshot of the pool's use.
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
            // Input on an idle connection is usually the server's last message before it closes the connection.
            if !connection.hasUnreadInput { return connection }
            if await connection.checkAlive() { return connection }
            if state.withLock({ $0.discard() }) { startConnecting() }
        }
    }

    private func lease(deadline: ContinuousClock.Instant) async throws -> PostgresConnection {
        if Task.isCancelled { throw PostgresError(.cancelled, "before a connection was available") }
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
        // If the task was cancelled before the waiter joined the queue, the handler found nothing to remove.
        if Task.isCancelled {
            state.withLock { $0.removeWaiter(waiter.id) }?.fail(
                PostgresError(.cancelled, "while waiting for a connection"))
        }
    }

    private func expire(_ id: UInt64) {
        let (waiter, failure, limit) = state.withLock { ($0.removeWaiter(id), $0.lastFailure, $0.limit) }
        waiter?.fail(
            failure
                ?? PostgresError(.poolExhausted, "all \(limit) connections are in use; try again or enlarge the pool"))
    }

    private func release(_ connection: PostgresConnection) async {
        if !connection.isClosed && !connection.isIdle { await connection.reset() }
        guard !connection.isClosed else {
            if state.withLock({ $0.discard() }) { startConnecting() }
            return
        }
        await perform(state.withLock { $0.released(connection) }, on: connection)
    }

    private func perform(
        _ action: PoolState<PostgresConnection>.ConnectionAction, on connection: PostgresConnection
    ) async {
        switch action {
        case .lend(let waiter):
            waiter.timer?.cancel()
            waiter.continuation.resume(returning: connection)
        case .keepIdle: break
        case .close: await connection.close()
        }
    }

    // MARK: Connecting

    private func startConnecting() {
        // Not in the task of a waiter, because the connection goes to the waiter that is first in the queue when it
        // opens.
        Task { await connect() }
    }

    private func connect() async {
        while true {
            do {
                let connection = try await PostgresConnection.connect(configuration)
                await perform(state.withLock { $0.connected(connection) }, on: connection)
                // As long as connecting failed, only one attempt ran at a time, so other waiters may need a connection
                // too.
                if state.withLock({ $0.beginConnectingIfNeeded() }) { startConnecting() }
                return
            } catch {
                let error = error as? PostgresError ?? PostgresError(.connectionLost(sent: false), "\(error)")
                configuration.logger.warning("Could not connect to PostgreSQL", metadata: ["error": "\(error)"])
                let (refused, retry) = state.withLock { $0.connectingFailed(error) }
                for waiter in refused { waiter.fail(error) }
                guard retry else { return }
            }
            try? await Task.sleep(for: backoff(afterFailures: state.withLock(\.failures)))
            guard state.withLock({ $0.continueConnecting() }) else { return }
        }
    }

    /// The delay before the next attempt: 50 ms, doubled with each failure up to 2 s. Jitter reduces it by up to half.
    private func backoff(afterFailures failures: Int) -> Duration {
        let maximum_ms = min(50 << min(failures - 1, 6), 2000)
        return .milliseconds(Int.random(in: maximum_ms / 2...maximum_ms))
    }
}

extension PoolState.Waiter {
    func fail(_ error: PostgresError) {
        timer?.cancel()
        continuation.resume(throwing: error)
    }
}

extension PostgresConnection {
    /// True if the server has sent input or closed the connection.
    ///
    /// It neither blocks nor waits for the connection's thread. Use it only on an idle connection that no other task
    /// uses.
    nonisolated var hasUnreadInput: Bool {
        let socket = self.socket
        guard socket >= 0 else { return true }
        var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&descriptor, 1, 0) != 0
    }
}
