/// Who has which connection. Pure: it says what is to be done, and its caller does it.
struct PoolState<Connection: AnyObject & Sendable>: Sendable {
    enum Lease {
        case granted(Connection)
        case closed
        /// Put into the queue; `connect` says that a connection is to be made for it.
        case queued(connect: Bool)
    }

    struct Waiter: Sendable {
        let id: UInt64
        let continuation: CheckedContinuation<Connection, any Error>
        var timer: Task<Void, Never>?
    }

    let limit: Int
    private(set) var idle: [Connection] = []
    private(set) var leased = 0
    private(set) var connecting = 0
    private(set) var waiters: [Waiter] = []
    private(set) var isClosed = false
    /// Connections that failed, one after the other; none after a success.
    private(set) var failures = 0
    private(set) var lastFailure: PostgresError?

    init(limit: Int) {
        self.limit = max(limit, 1)
    }

    /// Takes an idle connection, the one that was used last.
    mutating func takeIdle() -> Lease? {
        if isClosed { return .closed }
        guard let connection = idle.popLast() else { return nil }
        leased += 1
        return .granted(connection)
    }

    mutating func queue(_ waiter: Waiter) -> Lease {
        if let lease = takeIdle() { return lease }
        waiters.append(waiter)
        return .queued(connect: wantsConnection())
    }

    /// Counts a connection as being made, if one is needed and may be.
    ///
    /// While connecting fails, one attempt at a time is enough.
    mutating func wantsConnection() -> Bool {
        let most = failures > 0 ? 1 : waiters.count
        guard !isClosed, connecting < most, idle.count + leased + connecting < limit else { return false }
        connecting += 1
        return true
    }

    /// A connection was made: for the first waiter, or for later.
    mutating func connected(_ connection: Connection) -> Handover {
        connecting -= 1
        failures = 0
        lastFailure = nil
        return handOver(connection)
    }

    /// A connection could not be made. The waiters go on waiting for the next attempt, unless no attempt can help.
    mutating func connectingFailed(_ error: PostgresError) -> (refused: [Waiter], tryAgain: Bool) {
        failures += 1
        lastFailure = error
        guard !error.isPermanentRefusal else {
            connecting -= 1
            defer { waiters = [] }
            return (waiters, false)
        }
        let tryAgain = !waiters.isEmpty && !isClosed && connecting == 1
        if !tryAgain { connecting -= 1 }
        return ([], tryAgain)
    }

    /// After the pause: whether somebody still waits for the attempt.
    mutating func stillWantsConnection() -> Bool {
        if isClosed || waiters.isEmpty { connecting -= 1 }
        return !(isClosed || waiters.isEmpty)
    }

    enum Handover {
        case to(Waiter)
        case kept
        case close
    }

    mutating func released(_ connection: Connection) -> Handover {
        leased -= 1
        return handOver(connection)
    }

    /// A leased connection is no use any more. Says whether another is to be made.
    mutating func discarded() -> Bool {
        leased -= 1
        return wantsConnection()
    }

    private mutating func handOver(_ connection: Connection) -> Handover {
        if isClosed { return .close }
        guard !waiters.isEmpty else {
            idle.append(connection)
            return .kept
        }
        leased += 1
        return .to(waiters.removeFirst())
    }

    mutating func setTimer(_ timer: Task<Void, Never>, of id: UInt64) -> Bool {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return false }
        waiters[index].timer = timer
        return true
    }

    mutating func removeWaiter(_ id: UInt64) -> Waiter? {
        waiters.firstIndex { $0.id == id }.map { waiters.remove(at: $0) }
    }

    mutating func close() -> (waiters: [Waiter], idle: [Connection]) {
        isClosed = true
        defer { (waiters, idle) = ([], []) }
        return (waiters, idle)
    }
}
