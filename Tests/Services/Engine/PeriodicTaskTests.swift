import Logging
import Testing

@testable import Services

@Suite(.timeLimit(.minutes(1)))
struct PeriodicTaskTests {
    @Test func aFailedRunIsFollowedByTheNextOne() async {
        struct Failure: Error {}
        let rounds = AsyncStream<Int>.makeStream()
        let task = Task {
            await PeriodicTask(every: .milliseconds(1), jitter: 0.2, name: "Test", logger: Logger(label: "test")).run {
                rounds.continuation.yield($0)
                throw Failure()
            }
        }
        var seen = rounds.stream.makeAsyncIterator()
        for round in 0..<3 { #expect(await seen.next() == round) }
        task.cancel()
        await task.value
    }

    @Test func cancellationEndsItDuringARunAndDuringAPause() async {
        let started = AsyncStream<Void>.makeStream()
        for duration in [Duration.seconds(3600), .zero] {
            let task = Task {
                await PeriodicTask(every: .seconds(3600), jitter: 0, name: "Test", logger: Logger(label: "test")).run {
                    _ in
                    started.continuation.yield()
                    try await Task.sleep(for: duration)
                }
            }
            var starts = started.stream.makeAsyncIterator()
            await starts.next()
            task.cancel()
            await task.value
        }
    }
}
