import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A thread pool with a limited number of threads and a limited queue.
///
/// A thread exits when the queue is empty, so an idle process has no threads. Starting a thread takes much less time
/// than a hash.
final class HashingThreadPool: Sendable {
    private struct State {
        var running = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let limit: Int
    private let queueLimit: Int
    private let state = Mutex(State())

    init(limit: Int, queueLimit: Int) {
        self.limit = limit
        self.queueLimit = queueLimit
    }

    func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws(PasswordError) -> Value
    ) async throws(PasswordError) -> Value {
        let result: Result<Value, PasswordError> = await withCheckedContinuation { continuation in
            admit(
                { continuation.resume(returning: Result(catching: work)) },
                otherwise: { continuation.resume(returning: .failure(.busy)) })
        }
        return try result.get()
    }

    private enum Admission { case thread, queued, refused }

    private func admit(_ job: @escaping @Sendable () -> Void, otherwise refuse: () -> Void) {
        let admission = state.withLock { state in
            if state.running < limit {
                state.running += 1
                return Admission.thread
            }
            guard state.waiting.count < queueLimit else { return .refused }
            state.waiting.append(job)
            return .queued
        }
        switch admission {
        case .queued: break
        case .refused: refuse()
        case .thread:
            if !start(job) {
                state.withLock { $0.running -= 1 }
                refuse()
            }
        }
    }

    /// Returns false if the system cannot create a thread.
    private func start(_ job: @escaping @Sendable () -> Void) -> Bool {
        let arguments = ThreadArguments(pool: self, job: job)
        let context = unsafe Unmanaged.passRetained(arguments)
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let code = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                // Balances the `passRetained` of the starting thread.
                let arguments = unsafe Unmanaged<ThreadArguments>.fromOpaque(context).takeRetainedValue()
                arguments.job()
                arguments.pool.drain()
                return nil
            }, unsafe context.toOpaque())
        if code != 0 {
            unsafe context.release()
            return false
        }
        #if canImport(Darwin)
            if let thread { unsafe pthread_detach(thread) }
        #else
            pthread_detach(thread)
        #endif
        return true
    }

    private func drain() {
        while let job = nextJob() { job() }
    }

    private func nextJob() -> (@Sendable () -> Void)? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }

    private final class ThreadArguments: Sendable {
        let pool: HashingThreadPool
        let job: @Sendable () -> Void

        init(pool: HashingThreadPool, job: @escaping @Sendable () -> Void) {
            self.pool = pool
            self.job = job
        }
    }
}
