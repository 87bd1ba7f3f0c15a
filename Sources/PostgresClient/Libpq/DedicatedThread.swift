#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// An executor that runs its jobs on its own thread, so that a job may block.
///
/// The cooperative pool has one thread per core and does not grow, so a call that waits for a socket must not run
/// there. A task that alternates between such calls and other work can prefer this executor for all of it, so that it
/// does not change threads. The thread ends when the executor is released.
final class DedicatedThread: SerialExecutor, TaskExecutor {
    private let queue = JobQueue()

    init() throws {
        try queue.startThread()
    }

    deinit {
        queue.stop()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        queue.push(JobQueue.Entry(job: UnownedJob(job), executor: self))
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    func asUnownedTaskExecutor() -> UnownedTaskExecutor {
        unsafe UnownedTaskExecutor(ordinary: self)
    }
}

/// A first-in, first-out queue of jobs for one thread.
// `entries` and `isStopped` are accessed only while `mutex` is held; the two pointers never change.
@safe
private final class JobQueue: @unchecked Sendable {
    struct Entry {
        let job: UnownedJob
        /// Keeps the executor alive until its job has run.
        let executor: DedicatedThread
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var entries: [Entry] = []
    private var isStopped = false

    init() {
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    func startThread() throws {
        try startDetachedThread { [self] in run() }
    }

    func push(_ entry: Entry) {
        unsafe pthread_mutex_lock(mutex)
        entries.append(entry)
        unsafe pthread_mutex_unlock(mutex)
        unsafe pthread_cond_signal(condition)
    }

    func stop() {
        unsafe pthread_mutex_lock(mutex)
        isStopped = true
        unsafe pthread_mutex_unlock(mutex)
        unsafe pthread_cond_signal(condition)
    }

    private func run() {
        while let batch = next() {
            for entry in batch {
                unsafe entry.job.runSynchronously(
                    isolatedTo: entry.executor.asUnownedSerialExecutor(),
                    taskExecutor: entry.executor.asUnownedTaskExecutor())
            }
        }
    }

    /// Waits for jobs. Returns `nil` once the queue is stopped and empty.
    private func next() -> [Entry]? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while entries.isEmpty {
            if isStopped { return nil }
            unsafe pthread_cond_wait(condition, mutex)
        }
        defer { entries = [] }
        return entries
    }
}

/// Runs the body on a new detached thread.
func startDetachedThread(_ body: @escaping @Sendable () -> Void) throws {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let box = unsafe Unmanaged.passRetained(Box(body: body)).toOpaque()
    #if canImport(Darwin)
        var thread: pthread_t?
        let failure = unsafe pthread_create(
            &thread, nil,
            { context in
                unsafe Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, box)
        let started = unsafe thread
    #else
        var thread = pthread_t()
        let failure = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, box)
        let started = thread
    #endif
    guard failure == 0 else {
        unsafe Unmanaged<Box>.fromOpaque(box).release()
        throw PostgresError(.connectionLost(sent: false), "could not start a thread (errno \(failure))")
    }
    #if canImport(Darwin)
        if let started = unsafe started { unsafe pthread_detach(started) }
    #else
        pthread_detach(started)
    #endif
}
