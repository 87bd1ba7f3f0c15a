import CLibPQ

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A libpq connection in non-blocking pipeline mode. Its calls block their thread, each no longer than its deadline.
///
/// It stays in pipeline mode: a single statement is a pipeline of one, and only scripts leave it. It belongs to one
/// actor, on whose thread alone it is used.
@safe
final class Link {
    /// Nil once closed.
    private var connection: OpaquePointer?
    private let configuration: PostgresConfiguration
    private let interruption: Interruption
    private let cancelHandle: CancelHandle
    /// libpq holds its address.
    private let notices: NoticeSink
    private var cache: StatementCache

    /// Takes over a connection that is established.
    @unsafe
    init(
        connection: OpaquePointer, notices: NoticeSink, configuration: PostgresConfiguration, interruption: Interruption
    ) throws {
        guard let cancelHandle = unsafe CancelHandle(connection: connection) else {
            unsafe PQfinish(connection)
            throw PostgresError(.connectionLost(sent: false), "libpq is out of memory")
        }
        unsafe self.connection = unsafe connection
        self.notices = notices
        self.configuration = configuration
        self.interruption = interruption
        self.cancelHandle = cancelHandle
        self.cache = StatementCache(limit: configuration.preparedStatementLimit)
        guard unsafe PQsetnonblocking(connection, 1) == 0, unsafe PQenterPipelineMode(connection) == 1 else {
            let error = lost(sent: false)
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

    /// Whether the session is outside of any transaction.
    var isIdle: Bool { unsafe connection.map { unsafe PQtransactionStatus($0) } == PQTRANS_IDLE }
    private var isInFailedTransaction: Bool {
        unsafe connection.map { unsafe PQtransactionStatus($0) } == PQTRANS_INERROR
    }

    // MARK: Flights

    /// Sends the statements in one go and reads all answers.
    func fly(_ flight: Flight, deadline: ContinuousClock.Instant) throws -> [PostgresRows] {
        try checkAlive()
        try evict(deadline: deadline)
        let keys = flight.statements.map(StatementCache.Key.init)
        let steps = try send(flight, keys)
        var answers = Answers(steps: steps, commitIndex: flight.commitIndex)
        try receive(&answers, isScript: false, deadline: deadline)
        return try rows(of: answers, flight, keys)
    }

    /// Runs text of several statements, without values, in PostgreSQL's simple protocol.
    func runScript(_ text: String, deadline: ContinuousClock.Instant) throws {
        try checkAlive()
        guard let connection = unsafe connection else { throw lost(sent: false) }
        guard unsafe PQexitPipelineMode(connection) == 1, unsafe PQsendQuery(connection, text) == 1 else {
            throw broken(sent: true)
        }
        var answers = Answers(steps: [.run(statement: 0)], commitIndex: nil)
        try receive(&answers, isScript: true, deadline: deadline)
        guard unsafe PQenterPipelineMode(connection) == 1 else { throw broken(sent: true) }
        if let failure = answers.failure { throw failure }
    }

    /// Notices a connection that died while it was idle, before anything is sent on it.
    func checkAlive() throws {
        guard let connection = unsafe connection else {
            throw PostgresError(.connectionLost(sent: false), "the connection is closed")
        }
        // The server's farewell comes first, the end of the connection behind it.
        var place = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        while unsafe poll(&place, 1, 0) > 0 {
            guard unsafe PQconsumeInput(connection) == 1, unsafe PQstatus(connection) == CONNECTION_OK else {
                throw broken(sent: false)
            }
            // Parses what came, so that it does not pile up.
            _ = unsafe PQisBusy(connection)
        }
    }

    /// Deallocates what the cache has given up.
    private func evict(deadline: ContinuousClock.Instant) throws {
        guard !isInFailedTransaction else { return }
        let names = cache.evict()
        guard !names.isEmpty, let connection = unsafe connection else { return }
        for name in names {
            guard unsafe PQsendQueryParams(connection, "DEALLOCATE \(name)", 0, nil, nil, nil, nil, 1) == 1 else {
                throw broken(sent: false)
            }
        }
        guard unsafe PQpipelineSync(connection) == 1 else { throw broken(sent: false) }
        var answers = Answers(steps: names.map { _ in .run(statement: 0) }, commitIndex: nil)
        try receive(&answers, isScript: false, deadline: deadline)
    }

    private func send(_ flight: Flight, _ keys: [StatementCache.Key]) throws -> [Step] {
        guard let connection = unsafe connection else { throw lost(sent: false) }
        if let tooMany = flight.statements.first(where: { $0.parameters.types.count > Parameters.limit }) {
            throw PostgresError.usage("\(tooMany.parameters.types.count) parameters; bind arrays instead")
        }
        var steps: [Step] = []
        var named: [StatementCache.Key: String] = [:]
        for (index, (statement, key)) in zip(flight.statements, keys).enumerated() {
            let name: String
            if let known = cache.use(key) ?? named[key] {
                name = known
            } else {
                name = cache.newName()
                named[key] = name
                guard unsafe PQsendPrepare(connection, name, key.text, Int32(key.types.count), key.types) == 1 else {
                    throw broken(sent: true)
                }
                steps.append(.prepare(statement: index, key: key, name: name))
            }
            guard sendRun(name, statement.parameters) else { throw broken(sent: true) }
            steps.append(.run(statement: index))
        }
        guard unsafe PQpipelineSync(connection) == 1 else { throw broken(sent: true) }
        return steps
    }

    private func sendRun(_ name: String, _ parameters: Parameters) -> Bool {
        // An empty value needs an address too: NULL is what has none.
        let bytes = parameters.buffer.bytes.isEmpty ? [0] : parameters.buffer.bytes
        let formats = Array(repeating: Int32(1), count: parameters.types.count)
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            var offset = 0
            let values = unsafe parameters.lengths.map { length -> UnsafePointer<CChar>? in
                guard length >= 0, let base = bytes.baseAddress else { return nil }
                defer { offset += Int(length) }
                return unsafe UnsafeRawPointer(base + offset).assumingMemoryBound(to: CChar.self)
            }
            return unsafe PQsendQueryPrepared(
                connection, name, Int32(values.count), values, parameters.lengths, formats, 1) == 1
        }
    }

    // MARK: Answers

    /// Reads until the flight's end, asking the server to cancel when the deadline passes or the task is cancelled.
    private func receive(_ answers: inout Answers, isScript: Bool, deadline: ContinuousClock.Instant) throws {
        guard let connection = unsafe connection else { throw lost(sent: true) }
        var limit = deadline
        var abandonment: Abandonment?
        var request: CancelRequest?
        while true {
            unsafe takeResults(of: connection, into: &answers, isScript: isScript)
            // A cancel request that arrives late would hit the next statement: its end is waited for too.
            if answers.isComplete && request?.isDone ?? true { break }

            let unsent = unsafe PQflush(connection)
            if unsafe answers.breakage != nil || PQstatus(connection) != CONNECTION_OK {
                try endOfConnection(&answers, abandonment)
                break
            }
            let event = wait(forWriting: unsent == 1, forReading: !answers.isComplete, until: limit, abandonment)
            if event == .ready {
                // A failure shows in the status, after the results that came before it were taken.
                _ = unsafe PQconsumeInput(connection)
            } else if abandonment != nil {
                try endOfConnection(&answers, abandonment)
                break
            } else {
                abandonment = event == .timeout ? .timeout : .cancelled
                limit = .now + configuration.cancelGrace
                request = try requestCancel()
            }
        }
        // query_canceled
        if let abandonment, let failure = answers.failure, failure.sqlState == "57014" {
            answers.failure?.kind = abandonment == .timeout ? .timeout : .cancelled
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

    /// Takes what can be taken without blocking.
    @unsafe
    private func takeResults(of connection: OpaquePointer, into answers: inout Answers, isScript: Bool) {
        while !answers.isComplete, answers.breakage == nil, unsafe PQisBusy(connection) == 0 {
            guard let result = unsafe PQgetResult(connection) else {
                guard unsafe PQstatus(connection) == CONNECTION_OK else { return }
                if isScript { answers.isComplete = true } else { answers.endStep() }
                continue
            }
            switch unsafe PQresultStatus(result) {
            case PGRES_PIPELINE_SYNC:
                answers.isComplete = true
                // Ends the round: nothing is queued behind the sync, so this does not block.
                unsafe PQclear(PQgetResult(connection))
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
                if let error = unsafe PostgresError(result: result) {
                    answers.fail(error, isFatal: unsafe PostgresError.isFatal(result))
                } else {
                    answers.breakage = unsafe String(cString: PQresultErrorMessage(result))
                }
            case PGRES_PIPELINE_ABORTED:
                break
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                answers.breakage = "COPY is not supported"
            default:
                unsafe answers.succeed(ResultMemory(result))
                continue
            }
            unsafe PQclear(result)
        }
    }

    /// The connection is gone, or is given up: closes it and says what is known about the flight.
    private func endOfConnection(_ answers: inout Answers, _ abandonment: Abandonment?) throws {
        var error = lost(sent: true)
        close()
        if answers.isComplete || answers.isCommitted { return }
        if let abandonment {
            // Not even the request to cancel was answered: the server is away, and the statement not to blame.
            error.message = "the server did not answer in time; the connection was closed"
            if abandonment == .cancelled { error.kind = .cancelled }
        } else if let failure = answers.failure {
            error = failure
            error.kind = .connectionLost(sent: true)
        } else if let breakage = answers.breakage?.split(separator: "\n").first {
            error.message = String(breakage)
        }
        if answers.mayHaveCommitted { error.kind = .commitUnknown }
        throw error
    }

    private func rows(
        of answers: Answers, _ flight: Flight, _ keys: [StatementCache.Key]
    ) throws -> [PostgresRows] {
        for (key, name) in answers.prepared { cache.insert(key, name: name) }
        if var failure = answers.failure {
            if let index = failure.statementIndex {
                failure.statement = keys[index].text
                // The server no longer has the statement, or has it for tables that have changed.
                if failure.sqlState == "26000" || failure.sqlState == "0A000" {
                    cache.forget(keys[index])
                }
            }
            throw failure
        }
        return zip(keys, answers.results).map { key, memory in
            if let layout = cache.columns(of: key), memory.has(layout) {
                return PostgresRows(memory: memory, layout: layout)
            }
            let layout = memory.columnLayout()
            cache.keep(layout, of: key)
            return PostgresRows(memory: memory, layout: layout)
        }
    }

    // MARK: Waiting

    private enum Event { case ready, timeout, cancelled }

    private func wait(
        forWriting: Bool, forReading: Bool, until limit: ContinuousClock.Instant, _ abandonment: Abandonment?
    ) -> Event {
        let socket = self.socket
        while true {
            if abandonment == nil && interruption.isInterrupted { return .cancelled }
            let events = (forReading ? POLLIN : 0) | (forWriting ? POLLOUT : 0)
            var places = [
                pollfd(fd: socket, events: Int16(events), revents: 0),
                pollfd(fd: interruption.readEnd, events: Int16(POLLIN), revents: 0),
            ]
            let ready = unsafe poll(&places, nfds_t(places.count), milliseconds(until: limit))
            if ready == 0 { if limit <= .now { return .timeout } }
            if places[1].revents != 0 {
                interruption.drain()
                // Either the task was cancelled, or a cancel request is through.
                if abandonment != nil { return .ready }
            }
            if places[0].revents != 0 { return .ready }
        }
    }

    // MARK: Errors

    /// What libpq says about a connection that is no use any more.
    private func lost(sent: Bool) -> PostgresError {
        let message = unsafe connection.map { unsafe String(cString: PQerrorMessage($0)) } ?? ""
        let line = message.split(separator: "\n").first.map(String.init) ?? "the server closed the connection"
        return PostgresError(.connectionLost(sent: sent), line)
    }

    /// The same, and closes it.
    private func broken(sent: Bool) -> PostgresError {
        defer { close() }
        return lost(sent: sent)
    }
}

/// The time left in whole milliseconds, rounded up, as `poll` takes it.
func milliseconds(until limit: ContinuousClock.Instant) -> Int32 {
    let left = ContinuousClock.now.duration(to: limit)
    guard left > .zero else { return 0 }
    let (seconds, attoseconds) = left.components
    guard seconds < 86_400 else { return 86_400_000 }
    return Int32(seconds * 1000) + Int32(attoseconds / 1_000_000_000_000_000) + 1
}
