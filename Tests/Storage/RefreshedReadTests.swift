import Synchronization
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(1)))
struct RefreshedReadTests {
    private struct Unreadable: Error {}

    /// Counts its reads.
    private final class Source: Sendable {
        private let count = Mutex(0)

        var reads: Int { count.withLock { $0 } }

        func read() -> Int {
            count.withLock { count in
                count += 1
                return count
            }
        }
    }

    @Test func callersShareAReadUntilItIsTooOld() async {
        let source = Source()
        let kept = RefreshedRead(maxAge: .seconds(3600), empty: 0) { source.read() }
        for _ in 0..<3 { #expect(await kept.value() == 1) }
        #expect(source.reads == 1)
    }

    /// The call that finds the value too old still gets the old value. A later call gets the new value.
    @Test func anOldValueIsServedWhileItIsReadAgain() async {
        let source = Source()
        let stale = RefreshedRead(maxAge: .zero, empty: 0) { source.read() }
        #expect(await stale.value() == 1)
        #expect(await stale.value() == 1)
        while await stale.value() < 3 { await Task.yield() }
    }

    @Test func aFailedReadKeepsTheValue() async {
        let source = Source()
        let failing = RefreshedRead(maxAge: .zero, empty: 7) {
            guard source.read() == 2 else { throw Unreadable() }
            return 1
        }
        #expect(await failing.value() == 7)
        while await failing.value() != 1 { await Task.yield() }
        while source.reads < 5 {
            #expect(await failing.value() == 1)
            await Task.yield()
        }
    }
}
