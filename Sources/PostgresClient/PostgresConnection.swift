import Synchronization

/// One session with PostgreSQL, on a thread of its own.
///
/// It has one user at a time: the task that holds it. A statement that is given no deadline has the configuration's
/// `defaultTimeout`. When a deadline passes or the task is cancelled, the server is asked to cancel the statement; where
/// it does not answer to that, the connection is closed.
public actor PostgresConnection {
    private let thread: DedicatedThread
    private let interruption: Interruption
    private let configuration: PostgresConfiguration
    private var link: Link?
    private nonisolated let status = Mutex(Status())
    private nonisolated let transaction = Mutex(
        (number: 0, phase: TransactionPhase.none, opening: [PostgresRows]()))

    /// What others may see of the connection without waiting for its thread.
    struct Status {
        /// -1 where there is none.
        var socket: Int32 = -1
        var isIdle = true
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    private init(_ configuration: PostgresConfiguration) throws {
        self.configuration = configuration
        thread = try DedicatedThread()
        interruption = try Interruption()
    }

    /// Connects and sets the session up.
    public static func connect(
        _ configuration: PostgresConfiguration, deadline: ContinuousClock.Instant? = nil
    ) async throws -> PostgresConnection {
        let connection = try PostgresConnection(configuration)
        try await connection.open(deadline: deadline)
        return connection
    }

    private func open(deadline: ContinuousClock.Instant?) async throws {
        let deadline = deadline ?? .now + configuration.connectTimeout * max(configuration.target.hostCount, 1)
        link = try await interruptible {
            try Link.open(configuration, interruption: interruption, deadline: deadline)
        }
        note()
        var setup = configuration.sessionSettings.map { name, value in
            "SELECT set_config(\(name), \(value), false)" as SQL
        }
        // The role comes last: it may not be allowed to change the settings.
        if let role = configuration.role { setup.append("SELECT set_config('role', \(role), false)") }
        if configuration.requiresDurability { setup.append(PostgresChecks.statement) }
        guard !setup.isEmpty else { return }
        do {
            let answers = try await fly(Flight(setup), deadline: deadline)
            if configuration.requiresDurability, let settings = answers.last { try PostgresChecks.check(settings) }
        } catch {
            close()
            throw error
        }
    }

    /// Ends the session. What is in flight ends first.
    public func close() {
        link?.close()
        note()
    }

    public nonisolated var isClosed: Bool { status.withLock { $0.socket < 0 } }

    /// Whether the session is in no transaction.
    nonisolated var isIdle: Bool { status.withLock(\.isIdle) }

    nonisolated var socket: Int32 { status.withLock(\.socket) }

    /// The server process's id, as `pg_stat_activity` shows it; 0 when closed.
    public var backendPID: Int { Int(link?.backendPID ?? 0) }

    /// As `server_version_num`: 150008 is 15.8.
    public var serverVersion: Int { link?.serverVersion ?? 0 }

    // MARK: Statements

    /// Runs a statement and returns its rows.
    public func query(_ sql: SQL, deadline: ContinuousClock.Instant? = nil) async throws -> PostgresRows {
        do {
            return try await fly(Flight([sql]), deadline: deadline)[0]
        } catch var error as PostgresError {
            error.statementIndex = nil
            throw error
        }
    }

    /// Runs a statement and returns how many rows it inserted, changed or deleted.
    @discardableResult
    public func execute(_ sql: SQL, deadline: ContinuousClock.Instant? = nil) async throws -> Int {
        try await query(sql, deadline: deadline).affectedRows
    }

    /// Runs the statements in one round trip. Outside of a transaction they are one: all take effect or none.
    ///
    /// An error says by its `statementIndex` which one failed; those after it were not run.
    public func pipeline(
        _ statements: [SQL], deadline: ContinuousClock.Instant? = nil
    ) async throws -> [PostgresRows] {
        guard !statements.isEmpty else { return [] }
        return try await fly(Flight(statements), deadline: deadline)
    }

    /// Runs text of several statements, without values: a migration's.
    public func script(unsafe text: String, deadline: ContinuousClock.Instant? = nil) async throws {
        let deadline = deadline ?? .now + configuration.defaultTimeout
        defer { note() }
        try await interruptible { try openLink().runScript(text, deadline: deadline) }
    }

    /// Whether the server still answers; a connection that does not is closed.
    func checkAlive() -> Bool {
        defer { note() }
        do {
            try link?.checkAlive()
            return link?.isClosed == false
        } catch {
            return false
        }
    }

    /// Ends a transaction that was left open, so that the connection can be used by another; else closes it.
    func reset() async {
        guard let link, !link.isClosed else { return }
        phase = .none
        guard !link.isIdle else { return }
        await rollback()
    }

    // MARK: Transactions

    /// Runs the body in a transaction: COMMIT when it returns, ROLLBACK when it throws.
    ///
    /// BEGIN and the `opening` statements travel with the first statement of the body, which reads their answers by
    /// `PostgresTransaction.opening()`; with `PostgresTransaction.commit(with:)` COMMIT travels with the last.
    @discardableResult
    public nonisolated(nonsending) func transaction<Value>(
        level: PostgresTransaction.Level = .readCommitted, readOnly: Bool = false, opening: [SQL] = [],
        deadline: ContinuousClock.Instant? = nil,
        _ body: nonisolated(nonsending) (PostgresTransaction) async throws -> Value
    ) async throws -> Value {
        let begin = [PostgresTransaction.begin(level, readOnly: readOnly)] + opening
        let running = PostgresTransaction(connection: self, id: try start(begin), deadline: deadline)
        do {
            let value = try await body(running)
            try await finish(running.id, deadline: deadline)
            return value
        } catch {
            await abandon()
            throw error
        }
    }

    /// Where the transaction is. Kept beside the actor: a body that ends with `commit(with:)` needs no further visit to
    /// the connection's thread.
    private nonisolated var phase: TransactionPhase {
        get { transaction.withLock(\.phase) }
        set { transaction.withLock { $0.phase = newValue } }
    }

    private nonisolated func start(_ statements: [SQL]) throws -> Int {
        try transaction.withLock { transaction in
            guard case .none = transaction.phase else {
                throw PostgresError.usage("the connection is in a transaction already")
            }
            transaction.number += 1
            transaction.phase = .pending(transaction.number, first: statements)
            transaction.opening = []
            return transaction.number
        }
    }

    /// The answers to the statements that travelled with BEGIN, which goes now if it has not gone yet.
    nonisolated func opening(of number: Int, deadline: ContinuousClock.Instant?) async throws -> [PostgresRows] {
        if case .pending(number, let first) = phase, first.count > 1 {
            _ = try await run([], in: number, thenCommit: false, deadline: deadline)
        }
        return transaction.withLock { $0.number == number ? $0.opening : [] }
    }

    /// Runs statements of the transaction, with its BEGIN if they are its first, and its COMMIT if asked for.
    func run(
        _ statements: [SQL], in transaction: Int, thenCommit: Bool, deadline: ContinuousClock.Instant?
    ) async throws -> [PostgresRows] {
        var flight = Flight(statements)
        switch phase {
        case .pending(transaction, let first): flight.statements.insert(contentsOf: first, at: 0)
        case .open(transaction): break
        case .failed(transaction, let error): throw error
        default: throw PostgresError.usage("the transaction has ended")
        }
        let added = flight.statements.count - statements.count
        // Nothing was sent and nothing is to be, so there is nothing to commit; or there is nothing to ask.
        if statements.isEmpty && (thenCommit ? added > 0 : added <= 1) {
            if thenCommit { phase = .ended(transaction) }
            return []
        }
        if thenCommit {
            flight.commitIndex = flight.statements.count
            flight.statements.append("COMMIT")
        }
        do {
            let answers = try await fly(flight, deadline: deadline)
            if thenCommit, let tag = answers.last?.memory.commandTag, tag != "COMMIT" {
                throw PostgresError(.server, "COMMIT was answered with \(tag)", sqlState: "25P02")
            }
            self.transaction.withLock { state in
                state.phase = thenCommit ? .ended(transaction) : .open(transaction)
                if added > 1 { state.opening = Array(answers[1..<added]) }
            }
            return Array(answers.dropFirst(added).prefix(statements.count))
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
                let answers = try await fly(Flight(first), deadline: deadline)
                self.transaction.withLock { $0.opening = Array(answers.dropFirst()) }
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
        default: throw PostgresError.usage("the transaction was ended by another")
        }
        phase = .none
    }

    private nonisolated(nonsending) func abandon() async {
        if !isIdle { await rollback() }
        phase = .none
    }

    /// Rolls back even where the task is cancelled; a connection that does not answer is closed.
    private func rollback() async {
        guard let link, !link.isClosed else { return note() }
        _ = interruption.begin()
        do {
            _ = try link.fly(Flight(["ROLLBACK"]), deadline: .now + configuration.cancelGrace)
        } catch {
            link.close()
        }
        note()
    }

    // MARK: The thread

    private func openLink() throws -> Link {
        guard let link, !link.isClosed else {
            throw PostgresError(.connectionLost(sent: false), "the connection is closed")
        }
        return link
    }

    private func fly(_ flight: Flight, deadline: ContinuousClock.Instant?) async throws -> [PostgresRows] {
        let deadline = deadline ?? .now + configuration.defaultTimeout
        defer { note() }
        return try await interruptible { try openLink().fly(flight, deadline: deadline) }
    }

    /// Runs a call that blocks this connection's thread, and wakes it when the task is cancelled.
    private func interruptible<Value>(_ call: () throws -> Value) async throws -> Value {
        if Task.isCancelled { throw PostgresError(.cancelled, "before the statement was sent") }
        let operation = interruption.begin()
        return try await withTaskCancellationHandler {
            try onThread(call)
        } onCancel: { [interruption] in
            interruption.interrupt(operation)
        }
    }

    /// A synchronous method of the actor: only its own thread can be in here. An asynchronous closure that does not
    /// mention the actor runs on the cooperative pool, even when it is written inside of the actor.
    private func onThread<Value>(_ call: () throws -> Value) rethrows -> Value {
        assertIsolated()
        return try call()
    }

    /// Tells others how the connection is.
    private func note() {
        let (socket, isIdle) = (link?.socket ?? -1, link?.isIdle ?? true)
        status.withLock { $0 = Status(socket: socket, isIdle: isIdle) }
    }
}

/// Where the connection's transaction is, by its number.
private enum TransactionPhase {
    case none
    /// BEGIN has not been sent, nor what goes with it.
    case pending(Int, first: [SQL])
    case open(Int)
    case failed(Int, PostgresError)
    /// Committed; its body still runs.
    case ended(Int)
}
