package import NIOCore
import NIOPosix
import Synchronization

/// Runs tasks on an event loop, so that a task that mostly waits for sockets of that event loop does not change
/// threads.
package final class EventLoopExecutor: TaskExecutor {
    private struct Queue {
        var jobs = CircularBuffer<UnownedJob>()
        /// True if the event loop is going to run the jobs.
        var isScheduled = false

        mutating func next() -> UnownedJob? {
            let job = jobs.popFirst()
            if job == nil { isScheduled = false }
            return job
        }
    }

    /// The time after which the jobs pause and the event loop serves its sockets, so that many page requests do not
    /// delay Redis's replies.
    private static let timeSlice = TimeAmount.milliseconds(2)
    /// Pause between two time slices. It must not be zero: an event loop runs due tasks before it polls its sockets.
    private static let pause = TimeAmount.microseconds(20)

    private let loop: any EventLoop
    private let queue = Mutex(Queue())

    fileprivate init(_ loop: any EventLoop) { self.loop = loop }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let mustSchedule = queue.withLock { queue in
            queue.jobs.append(job)
            defer { queue.isScheduled = true }
            return !queue.isScheduled
        }
        if mustSchedule { loop.execute { self.runTimeSlice() } }
    }

    private func runTimeSlice() {
        let end = NIODeadline.now() + Self.timeSlice
        while let job = queue.withLock({ $0.next() }) {
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
            guard NIODeadline.now() < end else {
                loop.scheduleTask(in: Self.pause) { self.runTimeSlice() }
                return
            }
        }
    }
}

extension EventLoopExecutor {
    /// The executors of the singleton group's event loops. They are never freed, because tasks refer to their executor
    /// without retaining it.
    private static let all = Dictionary(
        uniqueKeysWithValues: MultiThreadedEventLoopGroup.singleton.makeIterator().map {
            (ObjectIdentifier($0), EventLoopExecutor($0))
        })

    /// Returns `nil` for an event loop of another group. A task without a preferred executor runs on the default
    /// executor.
    package static func of(_ loop: any EventLoop) -> EventLoopExecutor? { all[ObjectIdentifier(loop)] }
}
