import Synchronization

/// Runs async work to its end on the calling thread. No other thread takes part, so what is counted is the work.
final class OneThread: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
    }

    /// - Parameter work: What waits for nothing but itself.
    func run<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
        let outcome = Outcome<Value>()
        _ = Task(executorPreference: self) {
            do { outcome.set(.success(try await work())) } catch { outcome.set(.failure(error)) }
        }
        while true {
            if let result = outcome.result { return try result.get() }
            guard let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else {
                preconditionFailure("the work waits for somebody else")
            }
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    private final class Outcome<Value: Sendable>: Sendable {
        private let state = Mutex<Result<Value, any Error>?>(nil)

        var result: Result<Value, any Error>? { state.withLock { $0 } }
        func set(_ result: Result<Value, any Error>) { state.withLock { $0 = result } }
    }
}
