/// The connections and the waiters of a pool.
///
/// Pure: each method returns the action that its caller must take.
struct PoolState<Connection: AnyObject & Sendable>: Sendable {
    enum Lease {
        case granted(Connection)
        case closed
        /// The waiter joined the queue. `connect` is true if the caller must start a connection.
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
    /// Failed attempts to connect since the last success.
    private(set) var failures = 0
    private(set) var lastFailure: PostgresError?

    init(limit: Int) {
        self.limit = max(limit, 1)
    }

    /// Takes the most recently used idle connection, or returns `nil` if no connection is idle.
    mutating func takeIdle() -> Lease? {
        if isClosed { return .closed }
        guard let connection = idle.popLast() else { return nil }
        leased += 1
        return .granted(connection)
    }

    mutating func queue(_ waiter: Waiter) -> Lease {
        if let lease = takeIdle() { return lease }
        waiters.append(waiter)
        return .queued(connect: beginConnectingIfNeeded())
    }

    /// If a waiter needs a connection and the limit allows it, counts a new attempt to connect and returns true.
    ///
    /// While attempts fail, only one attempt runs at a time.
    mutating func beginConnectingIfNeeded() -> Bool {
        let maximumAttempts = failures > 0 ? 1 : waiters.count
        guard !isClosed, connecting < maximumAttempts, idle.count + leased + connecting < limit else { return false }
        connecting += 1
        return true
    }

    /// Ends an attempt that succeeded. The connection goes to the first waiter, or becomes idle.
    mutating func connected(_ connection: Connection) -> ConnectionAction {
        connecting -= 1
        failures = 0
        lastFailure = nil
        return assign(connection)
    }

    /// Records a failed attempt.
    ///
    /// The waiters stay for the next attempt. If the error is permanent, they leave the queue and are returned.
    mutating func connectingFailed(_ error: PostgresError) -> (refused: [Waiter], retry: Bool) {
        failures += 1
        lastFailure = error
        guard !error.isPermanentRefusal else {
            connecting -= 1
            defer { waiters = [] }
            return (waiters, false)
        }
        let retry = !waiters.isEmpty && !isClosed && connecting == 1
        if !retry { connecting -= 1 }
        return ([], retry)
    }

    /// Called after the pause before a retry. Returns true if a waiter still needs the connection. Otherwise, ends the
    /// attempt.
    mutating func continueConnecting() -> Bool {
        if isClosed || waiters.isEmpty { connecting -= 1 }
        return !(isClosed || waiters.isEmpty)
    }

    /// The caller's next action for a connection.
    enum ConnectionAction {
        case lend(to: Waiter)
        case keepIdle
        case close
    }

    mutating func released(_ connection: Connection) -> ConnectionAction {
        leased -= 1
        return assign(connection)
    }

    /// Drops a leased connection that is unusable. Returns true if the caller must start another connection.
    mutating func discard() -> Bool {
        leased -= 1
        return beginConnectingIfNeeded()
    }

    private mutating func assign(_ connection: Connection) -> ConnectionAction {
        if isClosed { return .close }
        guard !waiters.isEmpty else {
            idle.append(connection)
            return .keepIdle
        }
        leased += 1
        return .lend(to: waiters.removeFirst())
    }

    /// Returns false if the waiter has left the queue.
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
