import Synchronization

/// Runs asynchronous work to its end on the calling thread, so that only this work is counted.
final class CurrentThreadExecutor: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
    }

    /// - Parameter work: Work that waits for nothing external, such as a timer or another thread.
    func run<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
        let result = ResultBox<Value>()
        _ = Task(executorPreference: self) {
            do { result.set(.success(try await work())) } catch { result.set(.failure(error)) }
        }
        while true {
            if let result = result.value { return try result.get() }
            guard let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else {
                preconditionFailure("the work waits for something outside itself")
            }
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    private final class ResultBox<Value: Sendable>: Sendable {
        private let state = Mutex<Result<Value, any Error>?>(nil)

        var value: Result<Value, any Error>? { state.withLock { $0 } }
        func set(_ value: Result<Value, any Error>) { state.withLock { $0 = value } }
    }
}
