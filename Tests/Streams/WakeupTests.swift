import Support
import Testing

@testable import Streams

@Suite(.timeLimit(.minutes(1)))
struct WakeupTests {
    private let wakeup = Wakeup()

    private func wait(forWaiters count: Int) async throws {
        try await eventually("\(count) tasks wait") { wakeup.waiterCount == count }
    }

    @Test func `a notification wakes all waiting tasks`() async throws {
        let tasks = (0..<3).map { _ in Task { await wakeup.wait() } }
        try await wait(forWaiters: 3)
        wakeup.notify()
        for task in tasks { await task.value }
    }

    @Test func `a notification without a waiting task ends the next wait alone`() async throws {
        wakeup.notify()
        wakeup.notify()
        await wakeup.wait()
        let task = Task { await wakeup.wait() }
        try await wait(forWaiters: 1)
        wakeup.notify()
        await task.value
    }

    @Test func `a wait ends at its deadline, also one in the past`() async {
        for deadline in [ContinuousClock.now - .seconds(1), .now, .now + .milliseconds(5)] {
            await wakeup.wait(until: deadline)
            #expect(ContinuousClock.now >= deadline)
        }
        #expect(wakeup.waiterCount == 0)
    }

    @Test func `an earlier time wakes the tasks that would wait beyond it`() async throws {
        let start = ContinuousClock.now
        let task = Task { await wakeup.wait(until: start + .seconds(3600)) }
        try await wait(forWaiters: 1)
        wakeup.notify(before: start + .seconds(7200))
        #expect(wakeup.waiterCount == 1)
        wakeup.notify(before: start + .seconds(1800))
        await task.value
    }

    @Test func `a cancelled task does not wait`() async throws {
        let waiting = Task { await wakeup.wait() }
        try await wait(forWaiters: 1)
        waiting.cancel()
        await waiting.value
        let cancelled = Task {
            while !Task.isCancelled { await Task.yield() }
            await wakeup.wait()
        }
        cancelled.cancel()
        await cancelled.value
        #expect(wakeup.waiterCount == 0)
    }

    /// A queue whose tasks would wait forever if a notification were lost between a check and a wait.
    private actor Queue {
        let wakeup = Wakeup()
        private var items = 0
        private var taken = 0

        func add() {
            items += 1
            wakeup.notify()
        }

        func takeAll(_ total: Int) async {
            while taken < total {
                guard items > 0 else {
                    await wakeup.wait()
                    continue
                }
                items -= 1
                taken += 1
                if taken == total { wakeup.notify() }
            }
        }
    }

    @Test func `an actor's tasks miss no notification between a check and a wait`() async {
        let queue = Queue()
        let total = 20_000
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { await queue.takeAll(total) } }
            group.addTask { for _ in 0..<total { await queue.add() } }
        }
    }
}
