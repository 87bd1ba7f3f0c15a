import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Lets another thread wake the one that waits for the socket: when the task is cancelled, and when a cancel request is
/// through.
///
/// A pipe, because `poll` can wait for one beside the socket. An interruption names its operation, so that one that
/// comes late does not hit the next.
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
            throw PostgresError(.connectionLost(sent: false), "no pipe could be made (errno \(errno))")
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

    /// Starts an operation and forgets what interrupted the one before.
    func begin() -> UInt64 {
        state.withLock { state in
            state.operation += 1
            state.isInterrupted = false
            drain()
            return state.operation
        }
    }

    func interrupt(_ operation: UInt64) {
        state.withLock { state in
            guard state.operation == operation else { return }
            state.isInterrupted = true
            wake()
        }
    }

    var isInterrupted: Bool { state.withLock(\.isInterrupted) }

    /// Makes the waiting thread look around.
    func wake() {
        var byte: UInt8 = 0
        // A full pipe wakes as well.
        _ = unsafe write(writeEnd, &byte, 1)
    }

    /// Empties the pipe.
    func drain() {
        var bytes: [UInt8] = Array(repeating: 0, count: 64)
        while unsafe read(readEnd, &bytes, bytes.count) > 0 {}
    }
}
