import CLibPQ
import Synchronization

/// Sends cancel requests for one connection, from any thread.
// libpq: PQcancel may be called by a thread other than the connection's, and only reads the object.
@safe
final class CancelHandle: @unchecked Sendable {
    private let handle: OpaquePointer

    init?(connection: OpaquePointer) {
        guard let handle = unsafe PQgetCancel(connection) else { return nil }
        unsafe self.handle = unsafe handle
    }

    deinit {
        unsafe PQfreeCancel(handle)
    }

    /// Blocks until the server has received the request, or until TCP times out.
    func send() {
        var message: [CChar] = Array(repeating: 0, count: 256)
        // A failure needs no handling: the caller waits for the statement's end in either case.
        _ = unsafe PQcancel(handle, &message, Int32(message.count))
    }
}

/// One cancel request, sent on its own thread because `PQcancel` opens a connection and blocks.
final class CancelRequest: Sendable {
    private let done = Atomic(false)

    /// Starts the request. Wakes the interruption when the request has ended.
    init(handle: CancelHandle, waking interruption: Interruption) throws {
        try startDetachedThread { [self] in
            handle.send()
            done.store(true, ordering: .releasing)
            interruption.wake()
        }
    }

    var isDone: Bool { done.load(ordering: .acquiring) }
}
