import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A bounded number of threads with a bounded queue. A thread lives while there is work: next to a hash, its making
/// costs nothing, and an idle process has none.
final class HashingThreads: Sendable {
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

    /// False when the system has no thread to give.
    private func start(_ job: @escaping @Sendable () -> Void) -> Bool {
        let entry = Entry(threads: self, job: job)
        let context = unsafe Unmanaged.passRetained(entry)
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let code = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                // Balances the retain of the thread that started this one.
                let entry = unsafe Unmanaged<Entry>.fromOpaque(context).takeRetainedValue()
                entry.job()
                entry.threads.drain()
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
        while let job = next() { job() }
    }

    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }

    /// What a new thread is given.
    private final class Entry: Sendable {
        let threads: HashingThreads
        let job: @Sendable () -> Void

        init(threads: HashingThreads, job: @escaping @Sendable () -> Void) {
            self.threads = threads
            self.job = job
        }
    }
}
