import NIOCore

/// Which requests wait for a connection, which for an answer, and until when. Pure: the caller does the I/O and resumes
/// the completions it is handed.
///
///             add                  send                      receive
///     caller ─────▶ queued ──────────────────▶ in flight ───────────────▶ finished
///                     │ expire, cancel, fail       │ expire, cancel: finished, but its place is kept,
///                     ▼                            │ since RESP answers in order and by nothing else
///                  finished (not sent)             ▼ disconnect
///                                              finished (may have been sent)
struct RequestLedger<Completion> {
    typealias Outcome = Result<[RedisValue], RedisError>
    typealias Finished = (completion: Completion, outcome: Outcome)

    struct Request {
        let id: UInt64
        let commandCount: Int
        let bytes: ByteBuffer
        /// What it does, for messages.
        let work: String
        let deadline: NIODeadline
        let completion: Completion
    }

    private struct Flight {
        let id: UInt64
        let commandCount: Int
        let work: String
        let deadline: NIODeadline
        /// When the connection counts as dead if this, the oldest request, is still unanswered.
        let patience: NIODeadline
        /// Nil once nobody waits any more.
        var completion: Completion?
    }

    private var queued = CircularBuffer<Request>()
    private var inFlight = CircularBuffer<Flight>()
    /// What has come for the oldest in flight. In the buffer itself it would be copied with each that is added.
    private var received: [RedisValue] = []

    var hasQueued: Bool { !queued.isEmpty }
    var isEmpty: Bool { queued.isEmpty && inFlight.isEmpty }

    mutating func add(_ request: Request) { queued.append(request) }

    /// Takes all that is queued as sent, and gives the bytes to send. `patience` is how long a connection may leave a
    /// request unanswered, at least; a request that itself waits longer (a blocking read) has longer.
    mutating func send(now: NIODeadline, patience: TimeAmount) -> ByteBuffer? {
        guard var bytes = queued.first?.bytes else { return nil }
        for (index, request) in queued.enumerated() {
            if index > 0 { bytes.writeImmutableBuffer(request.bytes) }
            inFlight.append(
                Flight(
                    id: request.id, commandCount: request.commandCount, work: request.work, deadline: request.deadline,
                    patience: max(request.deadline, now + patience), completion: request.completion))
        }
        queued.removeAll()
        return bytes
    }

    /// Gives a reply to the oldest request. False when none waits for one.
    mutating func receive(_ value: RedisValue, finished: inout [Finished]) -> Bool {
        guard let commandCount = inFlight.first?.commandCount else { return false }
        if received.isEmpty { received.reserveCapacity(commandCount) }
        received.append(value)
        guard received.count == commandCount else { return true }
        let flight = inFlight.removeFirst()
        if let completion = flight.completion { finished.append((completion, .success(received))) }
        received = []
        return true
    }

    /// Finishes what has waited long enough. `isDead` when the oldest in flight has worn out the connection's patience.
    mutating func expire(now: NIODeadline, cause: String?) -> (finished: [Finished], gaveUpInFlight: Bool, isDead: Bool)
    {
        var finished: [Finished] = []
        var gaveUpInFlight = false
        queued.removeAll { request in
            guard request.deadline <= now else { return false }
            let error: RedisError =
                if let cause {
                    .disconnected(.notSent, during: request.work, cause: cause)
                } else {
                    .timeout(.notSent, during: request.work)
                }
            finished.append((request.completion, .failure(error)))
            return true
        }
        for index in inFlight.indices where inFlight[index].deadline <= now {
            guard let completion = inFlight[index].completion else { continue }
            finished.append((completion, .failure(.timeout(.maybeSent, during: inFlight[index].work))))
            inFlight[index].completion = nil
            gaveUpInFlight = true
        }
        return (finished, gaveUpInFlight, inFlight.first.map { $0.patience <= now } ?? false)
    }

    /// Nil when the request is finished already.
    mutating func cancel(_ id: UInt64) -> (finished: Finished, wasInFlight: Bool)? {
        if let index = queued.firstIndex(where: { $0.id == id }) {
            let request = queued.remove(at: index)
            return ((request.completion, .failure(.cancelled(.notSent, during: request.work))), false)
        }
        guard let index = inFlight.firstIndex(where: { $0.id == id }), let completion = inFlight[index].completion
        else { return nil }
        inFlight[index].completion = nil
        return ((completion, .failure(.cancelled(.maybeSent, during: inFlight[index].work))), true)
    }

    /// Finishes what was in flight; what is queued stays for the next connection.
    mutating func disconnect(_ error: (RedisDelivery, String) -> RedisError) -> [Finished] {
        defer {
            inFlight.removeAll()
            received = []
        }
        return inFlight.compactMap { flight in
            flight.completion.map { ($0, .failure(error(.maybeSent, flight.work))) }
        }
    }

    /// Finishes what is queued.
    mutating func failQueued(_ error: (RedisDelivery, String) -> RedisError) -> [Finished] {
        defer { queued.removeAll() }
        return queued.map { ($0.completion, .failure(error(.notSent, $0.work))) }
    }

    /// When `expire` is worth calling next. Looks at everything that waits, so ask when a timer has fired, not for each
    /// request.
    var nextExpiry: NIODeadline? {
        var earliest = queued.lazy.map(\.deadline).min()
        for flight in inFlight {
            let instant = flight.completion == nil ? flight.patience : flight.deadline
            earliest = min(earliest ?? instant, instant)
        }
        return earliest
    }
}

extension RequestLedger.Request: Sendable where Completion: Sendable {}
