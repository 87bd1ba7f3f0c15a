import CLibPQ

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A libpq connection in non-blocking pipeline mode. A call blocks its thread at most until its deadline, plus
/// `cancelGrace`.
///
/// The connection stays in pipeline mode: a single statement is a pipeline with one statement, and only a script leaves
/// the mode. The connection belongs to one actor and is used only on that actor's thread.
@safe
final class LibpqConnection {
    /// `nil` once closed.
    private var connection: OpaquePointer?
    private let configuration: PostgresConfiguration
    private let interruption: Interruption
    private let cancelHandle: CancelHandle
    /// Kept alive here, because libpq stores only its address.
    private let noticeLogger: NoticeLogger
    private var cache: StatementCache
    /// The session counts as lent until its kind is known.
    var session = ServerSession.lent(settings: nil)

    /// Takes ownership of an established connection.
    @unsafe
    init(
        connection: OpaquePointer, noticeLogger: NoticeLogger, configuration: PostgresConfiguration,
        interruption: Interruption
    ) throws {
        guard let cancelHandle = unsafe CancelHandle(connection: connection) else {
            unsafe PQfinish(connection)
            throw PostgresError(.connectionLost(sent: false), "libpq is out of memory")
        }
        unsafe self.connection = unsafe connection
        self.noticeLogger = noticeLogger
        self.configuration = configuration
        self.interruption = interruption
        self.cancelHandle = cancelHandle
        self.cache = StatementCache(limit: configuration.preparedStatementLimit)
        guard unsafe PQsetnonblocking(connection, 1) == 0, unsafe PQenterPipelineMode(connection) == 1 else {
            let error = connectionLostError(sent: false)
            close()
            throw error
        }
    }

    deinit {
        close()
    }

    var isClosed: Bool { unsafe connection == nil }

    func close() {
        guard let open = unsafe connection else { return }
        unsafe connection = nil
        unsafe PQfinish(open)
    }

    var socket: Int32 { unsafe connection.map { unsafe PQsocket($0) } ?? -1 }
    var backendPID: Int32 { unsafe connection.map { unsafe PQbackendPID($0) } ?? 0 }
    var serverVersion: Int { unsafe connection.map { unsafe Int(PQserverVersion($0)) } ?? 0 }

    /// True if the session is not in a transaction.
    var isIdle: Bool { unsafe connection.map { unsafe PQtransactionStatus($0) } == PQTRANS_IDLE }
    private var isInFailedTransaction: Bool {
        unsafe connection.map { unsafe PQtransactionStatus($0) } == PQTRANS_INERROR
    }

    // MARK: Sending

    /// Sends the statements together and receives all results.
    func runPipeline(_ pipeline: Pipeline, deadline: ContinuousClock.Instant) throws -> [PostgresRows] {
        try checkAlive()
        try deallocateEvicted(deadline: deadline)
        let keys = pipeline.statements.map(StatementCache.Key.init)
        let commands = try send(pipeline, keys)
        var results = PipelineResults(commands: commands, commitIndex: pipeline.commitIndex)
        try receive(&results, isScript: false, deadline: deadline)
        return try rows(of: results, keys)
    }

    /// Runs text with several statements and no parameters, in PostgreSQL's simple query protocol.
    func runScript(_ text: String, deadline: ContinuousClock.Instant) throws {
        try checkAlive()
        guard let connection = unsafe connection else { throw connectionLostError(sent: false) }
        guard unsafe PQexitPipelineMode(connection) == 1, unsafe PQsendQuery(connection, text) == 1 else {
            throw closeWithError(sent: true)
        }
        var results = PipelineResults(commands: [.run(statement: 0)], commitIndex: nil)
        try receive(&results, isScript: true, deadline: deadline)
        guard unsafe PQenterPipelineMode(connection) == 1 else { throw closeWithError(sent: true) }
        if let failure = results.failure { throw failure }
    }

    /// Throws if the connection was lost while idle. Called before anything is sent.
    func checkAlive() throws {
        guard let connection = unsafe connection else {
            throw PostgresError(.connectionLost(sent: false), "the connection is closed")
        }
        // The server may send a message before it closes the connection, so read until there is no more input.
        var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        while unsafe poll(&descriptor, 1, 0) > 0 {
            guard unsafe PQconsumeInput(connection) == 1, unsafe PQstatus(connection) == CONNECTION_OK else {
                throw closeWithError(sent: false)
            }
            // Parses the input, so that libpq's buffer does not grow.
            _ = unsafe PQisBusy(connection)
        }
    }

    /// Deallocates the statements that the cache evicts.
    private func deallocateEvicted(deadline: ContinuousClock.Instant) throws {
        guard !isInFailedTransaction else { return }
        let names = cache.evict()
        guard !names.isEmpty, let connection = unsafe connection else { return }
        for name in names {
            guard unsafe PQsendQueryParams(connection, "DEALLOCATE \(name)", 0, nil, nil, nil, nil, 1) == 1 else {
                throw closeWithError(sent: false)
            }
        }
        guard unsafe PQpipelineSync(connection) == 1 else { throw closeWithError(sent: false) }
        var results = PipelineResults(commands: names.map { _ in .run(statement: 0) }, commitIndex: nil)
        try receive(&results, isScript: false, deadline: deadline)
    }

    private func send(_ pipeline: Pipeline, _ keys: [StatementCache.Key]) throws -> [PipelineCommand] {
        if let tooMany = pipeline.statements.first(where: { $0.parameters.types.count > Parameters.maximumCount }) {
            throw PostgresError.usage(
                "the statement has \(tooMany.parameters.types.count) parameters, more than \(Parameters.maximumCount);"
                    + " bind arrays instead")
        }
        let commands =
            switch session {
            case .own: try sendNamed(pipeline, keys)
            case .lent(let settings): try sendUnnamed(pipeline, settings: isIdle ? settings : nil)
            }
        guard unsafe PQpipelineSync(connection) == 1 else { throw closeWithError(sent: true) }
        return commands
    }

    /// Sends the statements by name, and prepares the statements that have no name yet.
    private func sendNamed(_ pipeline: Pipeline, _ keys: [StatementCache.Key]) throws -> [PipelineCommand] {
        guard let connection = unsafe connection else { throw connectionLostError(sent: false) }
        var commands: [PipelineCommand] = []
        var named: [StatementCache.Key: String] = [:]
        for (index, (statement, key)) in zip(pipeline.statements, keys).enumerated() {
            let name: String
            if let known = cache.use(key) ?? named[key] {
                name = known
            } else {
                name = cache.newName()
                named[key] = name
                guard unsafe PQsendPrepare(connection, name, key.text, Int32(key.types.count), key.types) == 1 else {
                    throw closeWithError(sent: true)
                }
                commands.append(.prepare(statement: index, key: key, name: name))
            }
            guard sendExecute(.prepared(name), statement.parameters) else { throw closeWithError(sent: true) }
            commands.append(.run(statement: index))
        }
        return commands
    }

    /// Sends the statements without names, and the settings as the first statement of the transaction. Without BEGIN,
    /// the statements up to the sync are an implicit transaction.
    private func sendUnnamed(_ pipeline: Pipeline, settings: SQL?) throws -> [PipelineCommand] {
        var commands: [PipelineCommand] = []
        for (index, statement) in pipeline.statements.enumerated() {
            if let settings, index == (pipeline.begins ? 1 : 0) {
                guard sendExecute(.text(settings.text), settings.parameters) else { throw closeWithError(sent: true) }
                commands.append(.set(before: index))
            }
            guard sendExecute(.text(statement.text), statement.parameters) else { throw closeWithError(sent: true) }
            commands.append(.run(statement: index))
        }
        return commands
    }

    private enum Executable {
        case prepared(String)
        case text(String)
    }

    private func sendExecute(_ executable: Executable, _ parameters: Parameters) -> Bool {
        // An empty value needs an address too, because a null pointer means NULL.
        let bytes = parameters.buffer.bytes.isEmpty ? [0] : parameters.buffer.bytes
        let formats = Array(repeating: Int32(1), count: parameters.types.count)
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            var offset = 0
            let values = unsafe parameters.lengths.map { length -> UnsafePointer<CChar>? in
                guard length >= 0, let base = bytes.baseAddress else { return nil }
                defer { offset += Int(length) }
                return unsafe UnsafeRawPointer(base + offset).assumingMemoryBound(to: CChar.self)
            }
            let count = Int32(parameters.types.count)
            switch executable {
            case .prepared(let name):
                return unsafe PQsendQueryPrepared(connection, name, count, values, parameters.lengths, formats, 1) == 1
            case .text(let text):
                return unsafe PQsendQueryParams(
                    connection, text, count, parameters.types, values, parameters.lengths, formats, 1) == 1
            }
        }
    }

    // MARK: Receiving

    /// Receives until the pipeline has ended. Sends a cancel request if the deadline passes or the task is cancelled.
    ///
    /// A pipeline with a COMMIT is never cancelled: the connection is closed, and the outcome is unknown. COMMIT may be
    /// waiting for a synchronous standby. A cancel request ends that wait, and the server answers that it has
    /// committed, although a failover would lose the commit (PostgreSQL manual, "Synchronous Replication"). The
    /// server's `statement_timeout` ends the statements before COMMIT.
    private func receive(_ results: inout PipelineResults, isScript: Bool, deadline: ContinuousClock.Instant) throws {
        guard let connection = unsafe connection else { throw connectionLostError(sent: true) }
        var waitDeadline = deadline
        var cancelReason: CancelReason?
        var cancelRequest: CancelRequest?
        while true {
            unsafe takeResults(of: connection, into: &results, isScript: isScript)
            // A late cancel request would cancel the next statement, so wait for the end of the request, too.
            if results.isComplete && cancelRequest?.isDone ?? true { break }

            let unsent = unsafe PQflush(connection)
            if unsafe results.connectionError != nil || PQstatus(connection) != CONNECTION_OK {
                try handleConnectionEnd(&results, cancelReason)
                break
            }
            let outcome = wait(
                forWriting: unsent == 1, forReading: !results.isComplete, until: waitDeadline, cancelReason)
            if outcome == .ready {
                // A failure needs no handling here: PQstatus shows it once the results that came before it have been
                // taken.
                _ = unsafe PQconsumeInput(connection)
            } else if cancelReason != nil {
                try handleConnectionEnd(&results, cancelReason)
                break
            } else {
                cancelReason = outcome == .timeout ? .timeout : .cancelled
                guard results.commitIndex == nil else {
                    try handleConnectionEnd(&results, cancelReason)
                    break
                }
                waitDeadline = .now + configuration.cancelGrace
                cancelRequest = try requestCancel()
            }
        }
        // 57014: query_canceled.
        if let cancelReason, let failure = results.failure, failure.sqlState == "57014" {
            results.failure?.kind = cancelReason == .timeout ? .timeout : .cancelled
        }
    }

    private func requestCancel() throws -> CancelRequest {
        do {
            return try CancelRequest(handle: cancelHandle, waking: interruption)
        } catch {
            close()
            throw error
        }
    }

    /// Takes the results that are available without blocking.
    @unsafe
    private func takeResults(of connection: OpaquePointer, into results: inout PipelineResults, isScript: Bool) {
        while !results.isComplete, results.connectionError == nil, unsafe PQisBusy(connection) == 0 {
            guard let result = unsafe PQgetResult(connection) else {
                guard unsafe PQstatus(connection) == CONNECTION_OK else { return }
                if isScript { results.isComplete = true } else { results.endCommand() }
                continue
            }
            switch unsafe PQresultStatus(result) {
            case PGRES_PIPELINE_SYNC:
                results.isComplete = true
                // Takes the null result that ends the pipeline. Nothing is queued after the sync, so the call does not
                // block.
                unsafe PQclear(PQgetResult(connection))
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
                if let error = unsafe PostgresError(result: result) {
                    results.fail(error, isFatal: unsafe PostgresError.isFatal(result))
                } else {
                    results.connectionError = unsafe String(cString: PQresultErrorMessage(result))
                }
            case PGRES_PIPELINE_ABORTED:
                break
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                results.connectionError = "COPY is not supported"
            default:
                unsafe results.succeed(ResultMemory(result))
                continue
            }
            unsafe PQclear(result)
        }
    }

    /// Closes a connection that is lost or unresponsive. Throws unless the pipeline is known to have completed.
    private func handleConnectionEnd(_ results: inout PipelineResults, _ cancelReason: CancelReason?) throws {
        var error = connectionLostError(sent: true)
        close()
        if results.isComplete || results.isCommitted { return }
        if let cancelReason {
            // The server did not respond to a cancel request either, or it may be waiting for its standby. In both
            // cases the server counts as unavailable, and the statement is not at fault.
            error.message = "the server did not respond in time; the connection was closed"
            if cancelReason == .cancelled { error.kind = .cancelled }
        } else if let failure = results.failure {
            error = failure
            error.kind = .connectionLost(sent: true)
        } else if let connectionError = results.connectionError?.split(separator: "\n").first {
            error.message = String(connectionError)
        }
        if results.mayHaveCommitted { error.kind = .commitUnknown }
        throw error
    }

    private func rows(of results: PipelineResults, _ keys: [StatementCache.Key]) throws -> [PostgresRows] {
        for (key, name) in results.prepared { cache.insert(key, name: name) }
        if var failure = results.failure {
            if let index = failure.statementIndex {
                failure.statement = keys[index].text
                // The server no longer has the statement (26000), or its tables have changed (0A000).
                if failure.sqlState == "26000" || failure.sqlState == "0A000" {
                    cache.remove(keys[index])
                }
            }
            throw failure
        }
        return zip(keys, results.statementResults).map { key, memory in
            if let layout = cache.columns(of: key), memory.matches(layout) {
                return PostgresRows(memory: memory, layout: layout)
            }
            let layout = memory.columnLayout()
            cache.setColumns(layout, of: key)
            return PostgresRows(memory: memory, layout: layout)
        }
    }

    // MARK: Waiting

    private enum WaitResult { case ready, timeout, cancelled }

    /// Waits for the socket, the deadline or an interruption.
    ///
    /// An interruption means that the task was cancelled or, after a cancel request, that the request has ended.
    private func wait(
        forWriting: Bool, forReading: Bool, until deadline: ContinuousClock.Instant, _ cancelReason: CancelReason?
    ) -> WaitResult {
        let socket = self.socket
        while true {
            if cancelReason == nil && interruption.isInterrupted { return .cancelled }
            let events = (forReading ? POLLIN : 0) | (forWriting ? POLLOUT : 0)
            var descriptors = [
                pollfd(fd: socket, events: Int16(events), revents: 0),
                pollfd(fd: interruption.readEnd, events: Int16(POLLIN), revents: 0),
            ]
            let ready = unsafe poll(&descriptors, nfds_t(descriptors.count), milliseconds(until: deadline))
            if ready == 0 && deadline <= .now { return .timeout }
            if descriptors[1].revents != 0 {
                interruption.drain()
                if cancelReason != nil { return .ready }
            }
            if descriptors[0].revents != 0 { return .ready }
        }
    }

    // MARK: Errors

    /// Creates the error of an unusable connection from libpq's message.
    private func connectionLostError(sent: Bool) -> PostgresError {
        let message = unsafe connection.map { unsafe String(cString: PQerrorMessage($0)) } ?? ""
        let line = message.split(separator: "\n").first.map(String.init) ?? "the server closed the connection"
        return PostgresError(.connectionLost(sent: sent), line)
    }

    /// Closes the connection and returns its error.
    private func closeWithError(sent: Bool) -> PostgresError {
        defer { close() }
        return connectionLostError(sent: sent)
    }
}

/// The time left in whole milliseconds, rounded up, for `poll`.
func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
    let left = ContinuousClock.now.duration(to: deadline)
    guard left > .zero else { return 0 }
    let (seconds, attoseconds) = left.components
    guard seconds < 86_400 else { return 86_400_000 }
    return Int32(seconds * 1000) + Int32(attoseconds / 1_000_000_000_000_000) + 1
}
