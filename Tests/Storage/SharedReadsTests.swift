import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(1)))
struct SharedReadsTests {
    private struct Query: Sendable {
        let ids: Set<Int>
        let answer: @Sendable (Result<[Int: String], any Error>) -> Void
    }

    private struct Failure: Error {}

    private let queries: AsyncStream<Query>
    private let asked: AsyncStream<Query>.Continuation

    init() { (queries, asked) = AsyncStream.makeStream() }

    /// Its queries end when the test answers them.
    private func reads(most: Int = 256, patience: Duration = .seconds(3600)) -> SharedReads<Int, String> {
        SharedReads(most: most, patience: patience) { [asked] ids in
            try await withCheckedThrowingContinuation { continuation in
                asked.yield(Query(ids: Set(ids)) { continuation.resume(with: $0) })
            }
        }
    }

    /// Somebody who asks, and has to wait for a query under way.
    private func waiter(_ id: Int, _ reads: SharedReads<Int, String>) async -> Task<String?, any Error> {
        let before = reads.waiting
        let task = Task { try await reads.value(id) }
        while reads.waiting == before { await Task.yield() }
        return task
    }

    @Test func `who comes during a query is in the next, all together`() async throws {
        let reads = reads()
        var queries = queries.makeAsyncIterator()
        let first = Task { try await reads.value(1) }
        let alone = try #require(await queries.next())
        #expect(alone.ids == [1])
        // The same id again too: what is under way may have been read before it was asked for.
        let others = [await waiter(1, reads), await waiter(2, reads), await waiter(2, reads), await waiter(3, reads)]
        alone.answer(.success([1: "old"]))
        let together = try #require(await queries.next())
        #expect(together.ids == [1, 2, 3])
        together.answer(.success([1: "one", 2: "two"]))
        #expect(try await first.value == "old")
        var found: [String?] = []
        for other in others { found.append(try await other.value) }
        #expect(found == ["one", "two", "two", nil])
        // Nothing is under way: the next asks for itself.
        let later = Task { try await reads.value(4) }
        let last = try #require(await queries.next())
        #expect(last.ids == [4])
        last.answer(.success([:]))
        #expect(try await later.value == nil)
    }

    @Test func `a query takes no more than its most, and the rest follow`() async throws {
        let reads = reads(most: 2)
        var queries = queries.makeAsyncIterator()
        let first = Task { try await reads.value(0) }
        let alone = try #require(await queries.next())
        var others: [Task<String?, any Error>] = []
        for id in 1...3 { others.append(await waiter(id, reads)) }
        alone.answer(.success([:]))
        for ids in [[1, 2], [3]] as [Set<Int>] {
            let query = try #require(await queries.next())
            #expect(query.ids == ids)
            query.answer(.success([:]))
        }
        for task in [first] + others { #expect(try await task.value == nil) }
    }

    @Test func `a failure is told to all whom the query was for, and to no other`() async throws {
        let reads = reads()
        var queries = queries.makeAsyncIterator()
        let first = Task { try await reads.value(1) }
        let alone = try #require(await queries.next())
        let others = [await waiter(2, reads), await waiter(3, reads)]
        alone.answer(.failure(Failure()))
        await #expect(throws: Failure.self) { try await first.value }
        let together = try #require(await queries.next())
        let last = await waiter(4, reads)
        together.answer(.failure(Failure()))
        for other in others { await #expect(throws: Failure.self) { try await other.value } }
        try #require(await queries.next()).answer(.success([4: "four"]))
        #expect(try await last.value == "four")
    }

    @Test func `who is cancelled fails alone`() async throws {
        let reads = reads()
        var queries = queries.makeAsyncIterator()
        let first = Task { try await reads.value(1) }
        let alone = try #require(await queries.next())
        let (leader, other) = (await waiter(2, reads), await waiter(3, reads))
        alone.answer(.success([:]))
        #expect(try await first.value == nil)
        let cancelled = try #require(await queries.next())
        #expect(cancelled.ids == [2, 3])
        leader.cancel()
        cancelled.answer(.failure(CancellationError()))
        await #expect(throws: CancellationError.self) { try await leader.value }
        let again = try #require(await queries.next())
        #expect(again.ids == [3])
        again.answer(.success([3: "three"]))
        #expect(try await other.value == "three")
    }

    /// A connection that hangs holds up those whom its query is for, and no other.
    @Test func `beside a query that lasts too long another begins`() async throws {
        let reads = reads(patience: .zero)
        var queries = queries.makeAsyncIterator()
        let first = Task { try await reads.value(1) }
        let hanging = try #require(await queries.next())
        let second = Task { try await reads.value(2) }
        let beside = try #require(await queries.next())
        #expect(beside.ids == [2])
        beside.answer(.success([2: "two"]))
        #expect(try await second.value == "two")
        hanging.answer(.success([1: "one"]))
        #expect(try await first.value == "one")
    }
}
