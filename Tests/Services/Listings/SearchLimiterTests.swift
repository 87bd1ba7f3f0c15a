import Synchronization
import Testing

@testable import Services

struct SearchLimiterTests {
    private struct Failure: Error {}

    /// Counts the searches that run at the same time.
    private final class RunningCount: Sendable {
        private let counts = Mutex((now: 0, maximum: 0))

        var maximum: Int { counts.withLock { $0.maximum } }

        func begin() {
            counts.withLock { counts in
                counts.now += 1
                counts.maximum = max(counts.maximum, counts.now)
            }
        }

        func end() { counts.withLock { $0.now -= 1 } }
    }

    @Test(
        "Searches above the limit wait, and further searches beyond the queue are refused", .timeLimit(.minutes(1)))
    func limits() async throws {
        let limiter = SearchLimiter(maxRunning: 2, maxWaiting: 3)
        let running = RunningCount()
        let (gate, opened) = AsyncStream.makeStream(of: Never.self)
        let outcomes = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<9 {
                group.addTask {
                    do {
                        try await limiter.run {
                            running.begin()
                            for await _ in gate {}
                            running.end()
                        }
                        return true
                    } catch is SearchTookTooLong {
                        return false
                    }
                }
            }
            // Four searches are refused immediately. The others run, two at a time.
            var outcomes: [Bool] = []
            while outcomes.count < 4, let outcome = try await group.next() { outcomes.append(outcome) }
            opened.finish()
            for try await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
        #expect(outcomes == [false, false, false, false, true, true, true, true, true])
        #expect(running.maximum == 2)
    }

    @Test("A failed search lets the next one run")
    func failing() async throws {
        let limiter = SearchLimiter(maxRunning: 1, maxWaiting: 0)
        for _ in 0..<3 { await #expect(throws: Failure.self) { try await limiter.run { throw Failure() } } }
        #expect(try await limiter.run { 7 } == 7)
    }
}
