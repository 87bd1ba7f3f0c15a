import Synchronization

/// Where tasks leave their requests for the event loop. Whoever finds it empty wakes the loop, and the loop takes all
/// at once: so the requests of many tasks leave in one write.
final class Inbox: Sendable {
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

    /// Reserves room until `leave` is called. A request larger than the bound is let in when nothing else waits.
    func enter(commands: Int, bytes: Int) -> Admission {
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

    func leave(commands: Int, bytes: Int) {
        state.withLock { state in
            state.waitingCommands -= commands
            state.waitingBytes -= bytes
        }
    }

    /// True when the loop must be woken.
    func put(_ message: Message) -> Bool {
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

    /// False when it was closed before.
    func close() -> Bool {
        state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
    }
}
