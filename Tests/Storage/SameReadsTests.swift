import Synchronization
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(1)))
struct SameReadsTests {
    private struct Failure: Error {}

    private struct Read: Sendable {
        let key: String
        let answer: @Sendable (Result<Int, any Error>) -> Void
    }

    private let begun: AsyncStream<Read>
    private let reads: SameReads<String, Int>

    /// Its reads end when the test answers them.
    init() {
        let (begun, beginning) = AsyncStream.makeStream(of: Read.self)
        self.begun = begun
        reads = SameReads { key in
            try await withCheckedThrowingContinuation { continuation in
                beginning.yield(Read(key: key) { continuation.resume(with: $0) })
            }
        }
    }

    /// Somebody who asks, and has to wait for a read under way.
    private func waiter(_ key: String) async -> Task<Int, any Error> {
        let before = reads.waiting(for: key)
        let task = Task { [reads] in try await reads.value(of: key) }
        while reads.waiting(for: key) == before { await Task.yield() }
        return task
    }

    @Test func `the same is answered by the next read of it, and other questions do not wait`() async throws {
        var begun = begun.makeAsyncIterator()
        let first = Task { [reads] in try await reads.value(of: "a") }
        let held = try #require(await begun.next())
        let others = [await waiter("a"), await waiter("a")]
        let beside = Task { [reads] in try await reads.value(of: "b") }
        let other = try #require(await begun.next())
        #expect(other.key == "b")
        other.answer(.success(7))
        #expect(try await beside.value == 7)
        held.answer(.success(1))
        #expect(try await first.value == 1)
        try #require(await begun.next()).answer(.success(2))
        for other in others { #expect(try await other.value == 2) }
        // Nothing is under way: the next reads for itself.
        let later = Task { [reads] in try await reads.value(of: "a") }
        try #require(await begun.next()).answer(.success(3))
        #expect(try await later.value == 3)
    }

    @Test func `a failure is told to all who share the read, and to no other`() async throws {
        var begun = begun.makeAsyncIterator()
        let first = Task { [reads] in try await reads.value(of: "a") }
        let held = try #require(await begun.next())
        let second = await waiter("a")
        held.answer(.failure(Failure()))
        await #expect(throws: Failure.self) { try await first.value }
        try #require(await begun.next()).answer(.success(2))
        #expect(try await second.value == 2)
    }

    @Test func `who goes away takes no answer from those who stay`() async throws {
        var begun = begun.makeAsyncIterator()
        let first = Task { [reads] in try await reads.value(of: "a") }
        let held = try #require(await begun.next())
        let (leader, other) = (await waiter("a"), await waiter("a"))
        leader.cancel()
        held.answer(.success(1))
        #expect(try await first.value == 1)
        try #require(await begun.next()).answer(.success(2))
        #expect(try await other.value == 2)
        #expect(try await leader.value == 2)
    }
}
