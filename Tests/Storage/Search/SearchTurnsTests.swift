import Synchronization
import Testing

@testable import Storage

struct SearchTurnsTests {
    private struct Failure: Error {}

    /// Counts those who run at once.
    private final class Runners: Sendable {
        private let counts = Mutex((now: 0, most: 0))

        var most: Int { counts.withLock { $0.most } }

        func begin() {
            counts.withLock { counts in
                counts.now += 1
                counts.most = max(counts.most, counts.now)
            }
        }

        func end() { counts.withLock { $0.now -= 1 } }
    }

    @Test("so many run at once, so many wait, and more are refused", .timeLimit(.minutes(1)))
    func turns() async throws {
        let turns = SearchTurns(atOnce: 2, waitingLimit: 3)
        let runners = Runners()
        let (gate, opened) = AsyncStream.makeStream(of: Never.self)
        let outcomes = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<9 {
                group.addTask {
                    do {
                        try await turns.take {
                            runners.begin()
                            for await _ in gate {}
                            runners.end()
                        }
                        return true
                    } catch is SearchTookTooLong {
                        return false
                    }
                }
            }
            // The four who find all taken are told so at once; then the others go through, two at a time.
            var outcomes: [Bool] = []
            while outcomes.count < 4, let outcome = try await group.next() { outcomes.append(outcome) }
            opened.finish()
            for try await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
        #expect(outcomes == [false, false, false, false, true, true, true, true, true])
        #expect(runners.most == 2)
    }

    @Test("a turn that failed is given on too")
    func failing() async throws {
        let turns = SearchTurns(atOnce: 1, waitingLimit: 0)
        for _ in 0..<3 { await #expect(throws: Failure.self) { try await turns.take { throw Failure() } } }
        #expect(try await turns.take { 7 } == 7)
    }
}
