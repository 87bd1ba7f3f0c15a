import Synchronization

/// Passes requests from tasks to the event loop, and limits how many wait for their reply.
///
/// The task that adds to an empty queue wakes the loop. The loop takes all queued requests together, so the requests of
/// many tasks are sent in one write.
final class RequestQueue: Sendable {
    typealias Ledger = RequestLedger<CheckedContinuation<RequestLedger<Never>.Outcome, Never>>

    enum Message: Sendable {
        case request(Ledger.Request)
        case cancel(UInt64)
    }

    private struct State {
        var messages: [Message] = []
        var lastID: UInt64 = 0
        var waitingCommands = 0
        var waitingBytes = 0
        var isClosed = false
    }

    enum Admission {
        case admitted(id: UInt64)
        case overloaded
        case closed
    }

    private let state = Mutex(State())
    private let maximumCommands: Int
    private let maximumBytes: Int

    init(maximumCommands: Int, maximumBytes: Int) {
        self.maximumCommands = maximumCommands
        self.maximumBytes = maximumBytes
    }

    /// Reserves capacity until `release` is called. A request that exceeds a limit is admitted if no other request is
    /// waiting.
    func reserve(commands: Int, bytes: Int) -> Admission {
        state.withLock { state in
            guard !state.isClosed else { return .closed }
            let isFull =
                state.waitingCommands + commands > maximumCommands || state.waitingBytes + bytes > maximumBytes
            guard state.waitingCommands == 0 || !isFull else { return .overloaded }
            state.waitingCommands += commands
            state.waitingBytes += bytes
            state.lastID += 1
            return .admitted(id: state.lastID)
        }
    }

    func release(commands: Int, bytes: Int) {
        state.withLock { state in
            state.waitingCommands -= commands
            state.waitingBytes -= bytes
        }
    }

    /// Returns true if the caller must wake the loop.
    func append(_ message: Message) -> Bool {
        state.withLock { state in
            state.messages.append(message)
            return state.messages.count == 1
        }
    }

    func takeAll() -> [Message] {
        state.withLock { state in
            defer { state.messages = [] }
            return state.messages
        }
    }

    /// Returns false if the queue was already closed.
    func close() -> Bool {
        state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
    }
}
