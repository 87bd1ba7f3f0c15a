import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(1)))
struct BatchedReadsTests {
    private struct Query: Sendable {
        let ids: Set<Int>
        let answer: @Sendable (Result<[Int: String], any Error>) -> Void
    }

    private struct Failure: Error {}

    private let queries: AsyncStream<Query>
    private let started: AsyncStream<Query>.Continuation

    init() { (queries, started) = AsyncStream.makeStream() }

    /// Reads whose queries end when the test answers them.
    private func reads(batchSize: Int = 256, overlapAfter: Duration = .seconds(3600)) -> BatchedReads<Int, String> {
        BatchedReads(batchSize: batchSize, overlapAfter: overlapAfter) { [started] ids in
            try await withCheckedThrowingContinuation { continuation in
                started.yield(Query(ids: Set(ids)) { continuation.resume(with: $0) })
            }
        }
    }

    /// Starts a request that has to wait for a running query.
    private func waiter(_ id: Int, _ reads: BatchedReads<Int, String>) async -> Task<String?, any Error> {
        let before = reads.waiting
        let task = Task { try await reads.value(id) }
        while reads.waiting == before { await Task.yield() }
        return task
    }

    @Test func `requests during a query share the next one`() async throws {
        let reads = reads()
        var queries = queries.makeAsyncIterator()
        let first = Task { try await reads.value(1) }
        let alone = try #require(await queries.next())
        #expect(alone.ids == [1])
        // The same id is read again: the running query may have read it before the request.
        let others = [await waiter(1, reads), await waiter(2, reads), await waiter(2, reads), await waiter(3, reads)]
        alone.answer(.success([1: "old"]))
        let together = try #require(await queries.next())
        #expect(together.ids == [1, 2, 3])
        together.answer(.success([1: "one", 2: "two"]))
        #expect(try await first.value == "old")
        var found: [String?] = []
        for other in others { found.append(try await other.value) }
        #expect(found == ["one", "two", "two", nil])
        // No query is running, so the next request starts one.
        let later = Task { try await reads.value(4) }
        let last = try #require(await queries.next())
        #expect(last.ids == [4])
        last.answer(.success([:]))
        #expect(try await later.value == nil)
    }

    @Test func `a query reads at most one batch of ids and the next one reads the rest`() async throws {
        let reads = reads(batchSize: 2)
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

    @Test func `a failed query fails its own requests only`() async throws {
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

    @Test func `a cancelled request fails alone`() async throws {
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

    /// A connection that hangs delays only the requests of its own query.
    @Test func `a second query starts beside one that takes too long`() async throws {
        let reads = reads(overlapAfter: .zero)
        var queries = queries.makeAsyncIterator()
        let first = Task { try await reads.value(1) }
        let hanging = try #require(await queries.next())
        let second = Task { try await reads.value(2) }
        let parallel = try #require(await queries.next())
        #expect(parallel.ids == [2])
        parallel.answer(.success([2: "two"]))
        #expect(try await second.value == "two")
        hanging.answer(.success([1: "one"]))
        #expect(try await first.value == "one")
    }
}
