import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Wakes the thread that waits for the socket, when the task is cancelled or a cancel request has ended.
///
/// It is a pipe, because `poll` can wait for a pipe and the socket together. Each interruption names its operation, so
/// that a late interruption does not affect the next operation.
final class Interruption: Sendable {
    let readEnd: Int32
    private let writeEnd: Int32
    private let state = Mutex(State())

    private struct State {
        var operation: UInt64 = 0
        var isInterrupted = false
    }

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else {
            throw PostgresError(.connectionLost(sent: false), "could not create a pipe (errno \(errno))")
        }
        readEnd = ends[0]
        writeEnd = ends[1]
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Starts an operation and clears the previous interruption. Returns the operation's number.
    func begin() -> UInt64 {
        state.withLock { state in
            state.operation += 1
            state.isInterrupted = false
            drain()
            return state.operation
        }
    }

    /// Interrupts the operation if it is still the current one.
    func interrupt(_ operation: UInt64) {
        state.withLock { state in
            guard state.operation == operation else { return }
            state.isInterrupted = true
            wake()
        }
    }

    var isInterrupted: Bool { state.withLock(\.isInterrupted) }

    /// Makes `poll` return in the waiting thread.
    func wake() {
        var byte: UInt8 = 0
        // If the pipe is full, the write fails, but `poll` returns anyway.
        _ = unsafe write(writeEnd, &byte, 1)
    }

    /// Empties the pipe.
    func drain() {
        var bytes: [UInt8] = Array(repeating: 0, count: 64)
        while unsafe read(readEnd, &bytes, bytes.count) > 0 {}
    }
}
