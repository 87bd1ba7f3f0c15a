import CLibPQ
import Synchronization

/// What a connection needs for asking its server to cancel, from any thread.
// libpq: PQcancel may be called by another thread than the connection's, and only reads the object.
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

    /// Blocks until the server has taken the request, or until TCP gives up.
    func send() {
        var message: [CChar] = Array(repeating: 0, count: 256)
        // The failure has no consequence of its own: the caller waits for the statement's end either way.
        _ = unsafe PQcancel(handle, &message, Int32(message.count))
    }
}

/// One request to cancel, under way on a thread of its own: `PQcancel` makes a connection and blocks.
final class CancelRequest: Sendable {
    private let done = Atomic(false)

    /// The interruption is woken when the request is through.
    init(handle: CancelHandle, waking interruption: Interruption) throws {
        try startDetachedThread { [self] in
            handle.send()
            done.store(true, ordering: .releasing)
            interruption.wake()
        }
    }

    var isDone: Bool { done.load(ordering: .acquiring) }
}
