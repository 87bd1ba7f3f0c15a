import CLibCurl
import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

typealias CurlContinuation = CheckedContinuation<Result<CurlResponse, CurlError>, Never>

/// The state that tasks share with the client's thread: a command queue, and the handle that wakes the thread.
final class CurlEngine: Sendable {
    enum Command {
        case start(id: UInt64, request: CurlRequest, continuation: CurlContinuation)
        case cancel(id: UInt64)
    }

    /// The multi handle may be woken only under the lock: the thread sets `multi` to nil before it frees the handle.
    private struct Shared {
        var multi: MultiHandle?
        var commands: [Command] = []
        var isStopping = false
        var isStopped = false
        var stopWaiters: [CheckedContinuation<Void, Never>] = []

        /// Wakes the thread only for the first queued command, because the thread takes all queued commands together.
        mutating func add(_ command: Command) {
            if commands.isEmpty { multi?.wake() }
            commands.append(command)
        }
    }

    private let shared: Mutex<Shared>
    private let multi: MultiHandle
    private let lastID = Atomic<UInt64>(0)
    let userAgent: String

    init(maxConnectionsPerHost: Int, userAgent: String) {
        self.userAgent = userAgent
        CurlGlobal.initialize
        multi = MultiHandle(maxConnectionsPerHost: maxConnectionsPerHost)
        shared = Mutex(Shared(multi: multi))
    }

    func nextID() -> UInt64 {
        lastID.add(1, ordering: .relaxed).newValue
    }

    func start() {
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let code = unsafe pthread_create(&thread, nil, curlThreadMain, context)
        precondition(code == 0, "pthread_create failed for the HTTP client's thread: \(code)")
        #if canImport(Darwin)
            if let thread = unsafe thread { unsafe pthread_detach(thread) }
        #else
            pthread_detach(thread)
        #endif
    }

    func submit(id: UInt64, request: CurlRequest, continuation: CurlContinuation) {
        let accepted = shared.withLock { shared in
            guard !shared.isStopping else { return false }
            shared.add(.start(id: id, request: request, continuation: continuation))
            return true
        }
        guard !accepted else { return }
        continuation.resume(
            returning: .failure(
                CurlError(
                    kind: .shutDown, mayHaveBeenSent: false, request: request.label, reason: "the client is shut down"))
        )
    }

    func cancel(id: UInt64) {
        shared.withLock { shared in
            guard !shared.isStopping else { return }
            shared.add(.cancel(id: id))
        }
    }

    func stop(_ waiter: CheckedContinuation<Void, Never>?) {
        let isStopped = shared.withLock { shared in
            shared.isStopping = true
            if !shared.isStopped, let waiter { shared.stopWaiters.append(waiter) }
            shared.multi?.wake()
            return shared.isStopped
        }
        if isStopped { waiter?.resume() }
    }

    /// Runs the transfer loop on the client's thread until ``stop(_:)``.
    func run() {
        var loop = CurlLoop(multi: multi, userAgent: userAgent)
        while true {
            let (commands, isStopping) = shared.withLock { shared in
                defer { shared.commands = [] }
                return (shared.commands, shared.isStopping)
            }
            for command in commands {
                switch command {
                case .start(let id, let request, let continuation):
                    loop.start(id: id, request: request, continuation: continuation)
                case .cancel(let id):
                    loop.cancel(id: id)
                }
            }
            if isStopping { break }
            loop.perform()
            loop.poll()
        }
        loop.failAll()
        shared.withLock { $0.multi = nil }
        multi.free()
        let waiters = shared.withLock { shared in
            shared.isStopped = true
            defer { shared.stopWaiters = [] }
            return shared.stopWaiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

#if canImport(Darwin)
    private func curlThreadMain(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        unsafe runCurlEngine(context)
        return nil
    }
#else
    private func curlThreadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let context = unsafe context { unsafe runCurlEngine(context) }
        return nil
    }
#endif

private func runCurlEngine(_ context: UnsafeMutableRawPointer) {
    // CURLOPT_NOSIGNAL does not block SIGPIPE, and TLS may write to a closed socket. With SIGPIPE blocked, such a
    // write fails with an error.
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGPIPE)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    unsafe Unmanaged<CurlEngine>.fromOpaque(context).takeRetainedValue().run()
}

private enum CurlGlobal {
    /// Runs once per process, before any handle is made. Only one thread initializes a `static let`.
    static let initialize: Void = {
        let code = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        precondition(code == CURLE_OK, "curl_global_init: \(code.rawValue)")
    }()
}
