import Synchronization
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(1)))
struct CoalescedReadTests {
    private struct Failure: Error {}

    private struct Read: Sendable {
        let key: String
        let answer: @Sendable (Result<Int, any Error>) -> Void
    }

    private let started: AsyncStream<Read>
    private let reads: CoalescedRead<String, Int>

    /// Creates reads that end when the test answers them.
    init() {
        let (started, continuation) = AsyncStream.makeStream(of: Read.self)
        self.started = started
        reads = CoalescedRead { key in
            try await withCheckedThrowingContinuation { read in
                continuation.yield(Read(key: key) { read.resume(with: $0) })
            }
        }
    }

    /// Starts a request that has to wait for a running read.
    private func waiter(_ key: String) async -> Task<Int, any Error> {
        let before = reads.waiting(for: key)
        let task = Task { [reads] in try await reads.value(of: key) }
        while reads.waiting(for: key) == before { await Task.yield() }
        return task
    }

    @Test func `requests for a key share its next read and do not delay other keys`() async throws {
        var started = started.makeAsyncIterator()
        let first = Task { [reads] in try await reads.value(of: "a") }
        let held = try #require(await started.next())
        let others = [await waiter("a"), await waiter("a")]
        let beside = Task { [reads] in try await reads.value(of: "b") }
        let other = try #require(await started.next())
        #expect(other.key == "b")
        other.answer(.success(7))
        #expect(try await beside.value == 7)
        held.answer(.success(1))
        #expect(try await first.value == 1)
        try #require(await started.next()).answer(.success(2))
        for other in others { #expect(try await other.value == 2) }
        // No read is running, so the next request starts one.
        let later = Task { [reads] in try await reads.value(of: "a") }
        try #require(await started.next()).answer(.success(3))
        #expect(try await later.value == 3)
    }

    @Test func `a failed read fails its own requests only`() async throws {
        var started = started.makeAsyncIterator()
        let first = Task { [reads] in try await reads.value(of: "a") }
        let held = try #require(await started.next())
        let second = await waiter("a")
        held.answer(.failure(Failure()))
        await #expect(throws: Failure.self) { try await first.value }
        try #require(await started.next()).answer(.success(2))
        #expect(try await second.value == 2)
    }

    @Test func `a cancelled request does not fail the others`() async throws {
        var started = started.makeAsyncIterator()
        let first = Task { [reads] in try await reads.value(of: "a") }
        let held = try #require(await started.next())
        let (leader, other) = (await waiter("a"), await waiter("a"))
        leader.cancel()
        held.answer(.success(1))
        #expect(try await first.value == 1)
        try #require(await started.next()).answer(.success(2))
        #expect(try await other.value == 2)
        #expect(try await leader.value == 2)
    }
}
