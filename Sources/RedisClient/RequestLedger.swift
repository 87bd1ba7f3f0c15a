import NIOCore

/// The requests that wait for a connection or for a reply, with their deadlines.
///
/// Pure: the caller does the I/O and resumes the returned completions.
///
///             add                  send                      receive
///     caller ─────▶ queued ──────────────────▶ in flight ───────────────▶ finished
///                     │ expire, cancel, fail       │ expire, cancel: finished, but it keeps its place,
///                     ▼                            │ because RESP matches replies to requests only by order
///                  finished (not sent)             ▼ disconnect
///                                              finished (may have been sent)
struct RequestLedger<Completion> {
    typealias Outcome = Result<[RedisValue], RedisError>
    typealias Finished = (completion: Completion, outcome: Outcome)

    struct Request {
        let id: UInt64
        let commandCount: Int
        let bytes: ByteBuffer
        /// The commands' names, for error messages.
        let operation: String
        let deadline: NIODeadline
        let completion: Completion
    }

    private struct InFlightRequest {
        let id: UInt64
        let commandCount: Int
        let operation: String
        let deadline: NIODeadline
        /// If this is the oldest request and has no reply by then, the connection counts as unresponsive.
        let responseDeadline: NIODeadline
        /// `nil` once the request has timed out or was cancelled.
        var completion: Completion?
    }

    private var queued = CircularBuffer<Request>()
    private var inFlight = CircularBuffer<InFlightRequest>()
    /// Replies to the oldest request in flight. They are not stored in the request, because each append would then copy
    /// them.
    private var received: [RedisValue] = []

    var hasQueued: Bool { !queued.isEmpty }
    var isEmpty: Bool { queued.isEmpty && inFlight.isEmpty }

    mutating func add(_ request: Request) { queued.append(request) }

    /// Marks all queued requests as sent and returns their bytes, or returns `nil` if no request is queued.
    ///
    /// After `responseTimeout` without an answer to a request, the connection counts as unresponsive. A request with a
    /// later deadline, such as a blocking read, has time until its deadline.
    mutating func send(now: NIODeadline, responseTimeout: TimeAmount) -> ByteBuffer? {
        guard var bytes = queued.first?.bytes else { return nil }
        for (index, request) in queued.enumerated() {
            if index > 0 { bytes.writeImmutableBuffer(request.bytes) }
            inFlight.append(
                InFlightRequest(
                    id: request.id, commandCount: request.commandCount, operation: request.operation,
                    deadline: request.deadline, responseDeadline: max(request.deadline, now + responseTimeout),
                    completion: request.completion))
        }
        queued.removeAll()
        return bytes
    }

    /// Adds a reply to the oldest request. Returns false if no request is in flight.
    mutating func receive(_ value: RedisValue, finished: inout [Finished]) -> Bool {
        guard let commandCount = inFlight.first?.commandCount else { return false }
        if received.isEmpty { received.reserveCapacity(commandCount) }
        received.append(value)
        guard received.count == commandCount else { return true }
        let request = inFlight.removeFirst()
        if let completion = request.completion { finished.append((completion, .success(received))) }
        received = []
        return true
    }

    /// Finishes the requests whose deadline has passed.
    ///
    /// `isUnresponsive` is true if the oldest request in flight has passed its `responseDeadline`.
    mutating func expire(
        now: NIODeadline, cause: String?
    ) -> (finished: [Finished], timedOutInFlight: Bool, isUnresponsive: Bool) {
        var finished: [Finished] = []
        var timedOutInFlight = false
        queued.removeAll { request in
            guard request.deadline <= now else { return false }
            let error: RedisError =
                if let cause {
                    .disconnected(.notSent, during: request.operation, cause: cause)
                } else {
                    .timeout(.notSent, during: request.operation)
                }
            finished.append((request.completion, .failure(error)))
            return true
        }
        for index in inFlight.indices where inFlight[index].deadline <= now {
            guard let completion = inFlight[index].completion else { continue }
            finished.append((completion, .failure(.timeout(.maybeSent, during: inFlight[index].operation))))
            inFlight[index].completion = nil
            timedOutInFlight = true
        }
        return (finished, timedOutInFlight, inFlight.first.map { $0.responseDeadline <= now } ?? false)
    }

    /// Cancels a request. Returns `nil` if it has already finished.
    mutating func cancel(_ id: UInt64) -> (finished: Finished, wasInFlight: Bool)? {
        if let index = queued.firstIndex(where: { $0.id == id }) {
            let request = queued.remove(at: index)
            return ((request.completion, .failure(.cancelled(.notSent, during: request.operation))), false)
        }
        guard let index = inFlight.firstIndex(where: { $0.id == id }), let completion = inFlight[index].completion
        else { return nil }
        inFlight[index].completion = nil
        return ((completion, .failure(.cancelled(.maybeSent, during: inFlight[index].operation))), true)
    }

    /// Fails the requests in flight. Queued requests stay for the next connection.
    mutating func disconnect(_ error: (RedisDelivery, String) -> RedisError) -> [Finished] {
        defer {
            inFlight.removeAll()
            received = []
        }
        return inFlight.compactMap { request in
            request.completion.map { ($0, .failure(error(.maybeSent, request.operation))) }
        }
    }

    /// Fails the queued requests.
    mutating func failQueued(_ error: (RedisDelivery, String) -> RedisError) -> [Finished] {
        defer { queued.removeAll() }
        return queued.map { ($0.completion, .failure(error(.notSent, $0.operation))) }
    }

    /// The next time at which to call `expire`. Reading it scans all requests, so read it when a timer has fired, not
    /// for each request.
    var nextExpiry: NIODeadline? {
        var earliest = queued.lazy.map(\.deadline).min()
        for request in inFlight {
            let instant = request.completion == nil ? request.responseDeadline : request.deadline
            earliest = min(earliest ?? instant, instant)
        }
        return earliest
    }
}

extension RequestLedger.Request: Sendable where Completion: Sendable {}
