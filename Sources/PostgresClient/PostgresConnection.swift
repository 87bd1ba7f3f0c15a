import Synchronization

/// One session with PostgreSQL, on its own thread.
///
/// Only one task uses it at a time. A statement without a deadline gets the configuration's `defaultTimeout`. When a
/// deadline passes or the task is cancelled, the client asks the server to cancel the statement. If the server does not
/// respond within `cancelGrace`, the connection is closed. A statement that is sent together with COMMIT is not
/// cancelled: the connection is closed at once.
public actor PostgresConnection {
    private let thread: DedicatedThread
    private let interruption: Interruption
    private let configuration: PostgresConfiguration
    /// `nil` until the connection is open.
    private var libpq: LibpqConnection?
    private nonisolated let status = Mutex(Status())
    private nonisolated let transaction = Mutex(
        (number: 0, phase: TransactionPhase.none, opening: [PostgresRows]()))

    /// The connection's state, readable without waiting for its thread.
    struct Status {
        /// -1 if the connection is closed.
        var socket: Int32 = -1
        var isIdle = true
        var isPooled = false
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    private init(_ configuration: PostgresConfiguration) throws {
        self.configuration = configuration
        thread = try DedicatedThread()
        interruption = try Interruption()
    }

    /// Connects and applies the session's settings. If the session comes from a pooler, each transaction applies them
    /// instead.
    public static func connect(
        _ configuration: PostgresConfiguration, deadline: ContinuousClock.Instant? = nil
    ) async throws -> PostgresConnection {
        let connection = try PostgresConnection(configuration)
        try await connection.open(deadline: deadline)
        return connection
    }

    private func open(deadline: ContinuousClock.Instant?) async throws {
        let deadline = deadline ?? .now + configuration.connectTimeout * max(configuration.target.hostCount, 1)
        libpq = try await interruptible {
            try LibpqConnection.open(configuration, interruption: interruption, deadline: deadline)
        }
        updateStatus()
        let settings = SessionSettings(configuration)
        var setup = [settings.apply(ifBackendIs: libpq?.backendPID ?? 0)]
        if configuration.requiresDurability { setup.append(PostgresChecks.statement) }
        do {
            let results = try await runPipeline(Pipeline(setup), deadline: deadline)
            let isOwn = try Bool.decode(results[0][0][0])
            libpq?.session = isOwn ? .own : .lent(settings: settings.applyToTransaction)
            updateStatus()
            if configuration.requiresDurability, let settings = results.last { try PostgresChecks.check(settings) }
        } catch {
            close()
            throw error
        }
    }

    /// Ends the session, after the running statement has ended.
    public func close() {
        libpq?.close()
        updateStatus()
    }

    public nonisolated var isClosed: Bool { status.withLock { $0.socket < 0 } }

    /// True if the session is not in a transaction.
    nonisolated var isIdle: Bool { status.withLock(\.isIdle) }

    nonisolated var socket: Int32 { status.withLock(\.socket) }

    /// True if there is a pooler, such as PgBouncer, between this connection and the server.
    ///
    /// Each transaction may then run in another session, so nothing that belongs to a session can be used: advisory
    /// locks of the session, temporary tables, settings.
    public nonisolated var isPooled: Bool { status.withLock(\.isPooled) }

    /// The id of the server process, as in `pg_stat_activity`; 0 if the connection is closed. A pooler reports an
    /// invented id.
    public var backendPID: Int { Int(libpq?.backendPID ?? 0) }

    /// The server's version in the format of `server_version_num`: 150008 is 15.8.
    public var serverVersion: Int { libpq?.serverVersion ?? 0 }

    // MARK: Statements

    /// Runs a statement and returns its rows.
    public func query(_ sql: SQL, deadline: ContinuousClock.Instant? = nil) async throws -> PostgresRows {
        do {
            return try await runPipeline(Pipeline([sql]), deadline: deadline)[0]
        } catch var error as PostgresError {
            error.statementIndex = nil
            throw error
        }
    }

    /// Runs a statement and returns the number of rows that it inserted, updated or deleted.
    @discardableResult
    public func execute(_ sql: SQL, deadline: ContinuousClock.Instant? = nil) async throws -> Int {
        try await query(sql, deadline: deadline).affectedRows
    }

    /// Runs the statements in one round trip. Outside a transaction, either all of them take effect or none.
    ///
    /// An error's `statementIndex` names the statement that failed. The statements after it were not run.
    public func pipeline(
        _ statements: [SQL], deadline: ContinuousClock.Instant? = nil
    ) async throws -> [PostgresRows] {
        guard !statements.isEmpty else { return [] }
        return try await runPipeline(Pipeline(statements), deadline: deadline)
    }

    /// Runs text with several statements and no parameters, such as a migration.
    ///
    /// On a pooled connection, the session's settings apply only to scripts within a transaction.
    public func script(unsafe text: String, deadline: ContinuousClock.Instant? = nil) async throws {
        let deadline = deadline ?? .now + configuration.defaultTimeout
        defer { updateStatus() }
        try await interruptible { try openConnection().runScript(text, deadline: deadline) }
    }

    /// Returns true if the connection is alive. A dead connection is closed.
    func checkAlive() -> Bool {
        defer { updateStatus() }
        do {
            try libpq?.checkAlive()
            return libpq?.isClosed == false
        } catch {
            return false
        }
    }

    /// Rolls back a transaction that was left open, before another task uses the connection. If the rollback fails,
    /// closes the connection.
    func reset() async {
        guard let libpq, !libpq.isClosed else { return }
        phase = .none
        guard !libpq.isIdle else { return }
        await rollback()
    }

    // MARK: Transactions

    /// Runs the body in a transaction: COMMIT when it returns, ROLLBACK when it throws.
    ///
    /// BEGIN and the `opening` statements are sent with the body's first statement; the body reads their results with
    /// `PostgresTransaction.opening()`. `PostgresTransaction.commit(with:)` sends COMMIT with the last statements.
    ///
    /// The body prefers the connection's thread, so that the task does not change threads between two statements. A
    /// change of threads takes longer than a simple statement.
    @discardableResult
    public nonisolated(nonsending) func transaction<Value>(
        level: PostgresTransaction.Level = .readCommitted, readOnly: Bool = false, opening: [SQL] = [],
        deadline: ContinuousClock.Instant? = nil,
        _ body: nonisolated(nonsending) (PostgresTransaction) async throws -> Value
    ) async throws -> Value {
        let begin = [PostgresTransaction.begin(level, readOnly: readOnly)] + opening
        let running = PostgresTransaction(connection: self, id: try start(begin), deadline: deadline)
        return try await withTaskExecutorPreference(thread) {
            do {
                let value = try await body(running)
                try await finish(running.id, deadline: deadline)
                return value
            } catch {
                await rollbackIfOpen()
                throw error
            }
        }
    }

    /// The transaction's phase. It is stored outside the actor's isolation, so that a body that ends with
    /// `commit(with:)` needs no further hop to the connection's thread.
    private nonisolated var phase: TransactionPhase {
        get { transaction.withLock(\.phase) }
        set { transaction.withLock { $0.phase = newValue } }
    }

    private nonisolated func start(_ statements: [SQL]) throws -> Int {
        try transaction.withLock { transaction in
            guard case .none = transaction.phase else {
                throw PostgresError.usage("the connection is already in a transaction; use that transaction")
            }
            transaction.number += 1
            transaction.phase = .pending(transaction.number, first: statements)
            transaction.opening = []
            return transaction.number
        }
    }

    /// Returns the results of the opening statements. Sends BEGIN and these statements, unless they were sent before.
    nonisolated func opening(of number: Int, deadline: ContinuousClock.Instant?) async throws -> [PostgresRows] {
        if case .pending(number, let first) = phase, first.count > 1 {
            _ = try await run([], in: number, thenCommit: false, deadline: deadline)
        }
        return transaction.withLock { $0.number == number ? $0.opening : [] }
    }

    /// Runs statements in the transaction. The first call also sends BEGIN; `thenCommit` also sends COMMIT.
    func run(
        _ statements: [SQL], in transaction: Int, thenCommit: Bool, deadline: ContinuousClock.Instant?
    ) async throws -> [PostgresRows] {
        var pipeline = Pipeline(statements)
        switch phase {
        case .pending(transaction, let first): pipeline = Pipeline(first + statements, begins: true)
        case .open(transaction): break
        case .failed(transaction, let error): throw error
        default: throw PostgresError.usage("the transaction has ended")
        }
        let added = pipeline.statements.count - statements.count
        // Either nothing was sent that could be committed, or there is no statement to run.
        if statements.isEmpty && (thenCommit ? added > 0 : added <= 1) {
            if thenCommit { phase = .ended(transaction) }
            return []
        }
        if thenCommit {
            pipeline.commitIndex = pipeline.statements.count
            pipeline.statements.append("COMMIT")
        }
        do {
            let results = try await runPipeline(pipeline, deadline: deadline)
            if thenCommit, let tag = results.last?.memory.commandTag, tag != "COMMIT" {
                throw PostgresError(
                    .server, "the server answered COMMIT with \(tag), so nothing was committed", sqlState: "25P02")
            }
            self.transaction.withLock { state in
                state.phase = thenCommit ? .ended(transaction) : .open(transaction)
                if added > 1 { state.opening = Array(results[1..<added]) }
            }
            return Array(results.dropFirst(added).prefix(statements.count))
        } catch var error as PostgresError {
            error.statementIndex = error.statementIndex.map { max($0 - added, 0) }
            if statements.count == 1 && !thenCommit { error.statementIndex = nil }
            phase = .failed(transaction, error)
            throw error
        }
    }

    func script(unsafe text: String, in transaction: Int, deadline: ContinuousClock.Instant?) async throws {
        do {
            if case .pending(transaction, let first) = phase {
                let results = try await runPipeline(Pipeline(first, begins: true), deadline: deadline)
                self.transaction.withLock { $0.opening = Array(results.dropFirst()) }
                phase = .open(transaction)
            }
            guard case .open(transaction) = phase else { throw PostgresError.usage("the transaction has ended") }
            try await script(unsafe: text, deadline: deadline)
        } catch let error as PostgresError {
            phase = .failed(transaction, error)
            throw error
        }
    }

    private nonisolated(nonsending) func finish(_ transaction: Int, deadline: ContinuousClock.Instant?) async throws {
        switch phase {
        case .pending(transaction, _), .ended(transaction): break
        case .open(transaction): _ = try await run([], in: transaction, thenCommit: true, deadline: deadline)
        case .failed(transaction, let error): throw error
        default: throw PostgresError.usage("another call ended the transaction before its body returned")
        }
        phase = .none
    }

    private nonisolated(nonsending) func rollbackIfOpen() async {
        if !isIdle { await rollback() }
        phase = .none
    }

    /// Rolls back, even if the task is cancelled. If the rollback fails, closes the connection.
    private func rollback() async {
        guard let libpq, !libpq.isClosed else { return updateStatus() }
        _ = interruption.begin()
        do {
            _ = try libpq.runPipeline(Pipeline(["ROLLBACK"]), deadline: .now + configuration.cancelGrace)
        } catch {
            libpq.close()
        }
        updateStatus()
    }

    // MARK: The thread

    private func openConnection() throws -> LibpqConnection {
        guard let libpq, !libpq.isClosed else {
            throw PostgresError(.connectionLost(sent: false), "the connection is closed")
        }
        return libpq
    }

    private func runPipeline(_ pipeline: Pipeline, deadline: ContinuousClock.Instant?) async throws -> [PostgresRows] {
        let deadline = deadline ?? .now + configuration.defaultTimeout
        defer { updateStatus() }
        return try await interruptible { try openConnection().runPipeline(pipeline, deadline: deadline) }
    }

    /// Runs a call that blocks this connection's thread. Cancelling the task interrupts the call.
    private func interruptible<Value>(_ call: () throws -> Value) async throws -> Value {
        if Task.isCancelled { throw PostgresError(.cancelled, "before the statement was sent") }
        let operation = interruption.begin()
        return try await withTaskCancellationHandler {
            try onThread(call)
        } onCancel: { [interruption] in
            interruption.interrupt(operation)
        }
    }

    /// Runs the call on the connection's thread.
    ///
    /// Only a synchronous method of the actor is certain to run there: an asynchronous closure that does not use the
    /// actor runs on the cooperative pool, even if it is written inside the actor.
    private func onThread<Value>(_ call: () throws -> Value) rethrows -> Value {
        assertIsolated()
        return try call()
    }

    private func updateStatus() {
        let new = Status(
            socket: libpq?.socket ?? -1, isIdle: libpq?.isIdle ?? true, isPooled: libpq?.session.isLent ?? false)
        status.withLock { $0 = new }
    }
}

/// The phase of the connection's transaction, with the transaction's number.
private enum TransactionPhase {
    case none
    /// `first`, which is BEGIN and the opening statements, has not been sent yet.
    case pending(Int, first: [SQL])
    case open(Int)
    case failed(Int, PostgresError)
    /// Committed, while the body still runs.
    case ended(Int)
}
