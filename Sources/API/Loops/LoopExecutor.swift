import NIOCore
import NIOPosix
import Synchronization

/// Runs tasks on an event loop: a request that is handled on the loop of its connection changes threads neither when it
/// is read nor when it is answered.
final class LoopExecutor: TaskExecutor {
    private struct Queue {
        var jobs = CircularBuffer<UnownedJob>()
        /// Whether the loop is going to run them.
        var hasTurn = false

        mutating func next() -> UnownedJob? {
            let job = jobs.popFirst()
            if job == nil { hasTurn = false }
            return job
        }
    }

    /// How long tasks may keep the loop from its sockets: a flood of pages must not make Redis seem away.
    private static let turn = TimeAmount.milliseconds(2)
    /// A loop runs what is due before it looks at its sockets, so the next turn must not be due yet.
    private static let rest = TimeAmount.microseconds(20)

    private let loop: any EventLoop
    private let queue = Mutex(Queue())

    fileprivate init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let needsTurn = queue.withLock { queue in
            queue.jobs.append(job)
            defer { queue.hasTurn = true }
            return !queue.hasTurn
        }
        if needsTurn { loop.execute { self.takeTurn() } }
    }

    private func takeTurn() {
        let end = NIODeadline.now() + Self.turn
        while let job = queue.withLock({ $0.next() }) {
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
            guard NIODeadline.now() < end else {
                loop.scheduleTask(in: Self.rest) { self.takeTurn() }
                return
            }
        }
    }
}

extension LoopExecutor {
    /// One for each loop of the process's group. Tasks refer to their executor without owning it, so these stay for ever.
    private static let all = Dictionary(
        uniqueKeysWithValues: MultiThreadedEventLoopGroup.singleton.makeIterator().map {
            (ObjectIdentifier($0), LoopExecutor($0))
        })

    /// Nil for a loop of another group: a task that prefers none runs where it would have run.
    static func of(_ loop: any EventLoop) -> LoopExecutor? { all[ObjectIdentifier(loop)] }
}
