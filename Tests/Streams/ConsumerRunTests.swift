import Logging
import Marketplace
import RedisClient
import Support
import Synchronization
import Testing

@testable import Streams

/// Tests how the stages of several batches overlap while a consumer runs.
@Suite(.timeLimit(.minutes(1)))
struct ConsumerRunTests {
    private let harness: ConsumerHarness
    private let commandStream: String

    init() throws {
        harness = try ConsumerHarness()
        commandStream = harness.keys.commands(ConsumerHarness.service)
    }

    /// Settings with which only a wakeup makes the consumer act within the time of a test.
    private var wakeupsOnly: ConsumerSettings {
        var settings = ConsumerSettings()
        settings.blockTimeout = .seconds(60)
        settings.claimInterval = .seconds(3600)
        settings.dueInterval = .seconds(3600)
        settings.minRetryDelay = .milliseconds(1)
        return settings
    }

    /// Runs a consumer during the body.
    private func running(
        _ settings: ConsumerSettings, _ handle: @escaping @Sendable (Batch) async throws -> [EntryOutcome],
        _ body: (StreamConsumer) async throws -> Void
    ) async throws {
        let consumer = try harness.consumer(ConsumerHarness.service, settings)
        let run = Task { await consumer.run(handle) }
        try await body(consumer)
        run.cancel()
        await run.value
        try await harness.close()
    }

    @Test func `a handler that comes after stop does not wait`() async throws {
        let consumer = try harness.consumer(ConsumerHarness.service, wakeupsOnly)
        consumer.stop()
        // One wakeup may be kept for the first of these calls.
        for _ in 0..<3 { try await consumer.handleNext { _ in [] } }
        try await harness.close()
    }

    @Test func `under load a second batch is handled at the same time as the first`() async throws {
        var settings = wakeupsOnly
        settings.batchSize = 1
        for _ in 0..<3 { try await harness.enqueue() }
        let started = AsyncStream<Void>.makeStream()
        let mayEnd = AsyncStream<Void>.makeStream()
        let handled = AsyncStream<Void>.makeStream()
        try await running(settings) { batch in
            started.continuation.yield()
            for await _ in mayEnd.stream { break }
            handled.continuation.yield()
            return batch.entries.map { _ in .done }
        } _: { _ in
            var starts = started.stream.makeAsyncIterator()
            for _ in 0..<settings.batchesInFlight { await starts.next() }
            mayEnd.continuation.finish()
            var ends = handled.stream.makeAsyncIterator()
            for _ in 0..<3 { await ends.next() }
            try await eventually("all are settled") { try await harness.length(commandStream) == 0 }
        }
    }

    @Test func `an entry that may end its process is in flight alone`() async throws {
        for _ in 0..<3 { try await harness.enqueue() }
        // The entries are delivered twice without an outcome.
        for _ in 0..<2 {
            let victim = try harness.consumer()
            _ = try await harness.next(victim)
            try await harness.makeIdle(victim, commandStream)
        }
        var settings = wakeupsOnly
        settings.claimInterval = .zero
        let counter = OverlapCounter(redis: harness.redis)
        try await running(settings, counter.handle) { _ in
            try await eventually("all are handled") { counter.entries >= 3 }
        }
        #expect(counter.maximum == 1)
    }

    @Test func `a deferred entry comes back in time, although a read waits longer`() async throws {
        try await harness.enqueue()
        let deliveries = AsyncStream<Void>.makeStream()
        let wasDeferred = Mutex(false)
        try await running(wakeupsOnly) { batch in
            deliveries.continuation.yield()
            let isFirst = wasDeferred.withLock { was in
                defer { was = true }
                return !was
            }
            return batch.entries.map { _ in isFirst ? .deferred(after: .milliseconds(5), reason: "behind") : .done }
        } _: { _ in
            var deliveries = deliveries.stream.makeAsyncIterator()
            for _ in 0..<2 { await deliveries.next() }
        }
    }

    @Test func `an entry that another consumer releases is claimed long before the next poll`() async throws {
        let leaving = try harness.consumer()
        var settings = wakeupsOnly
        settings.blockTimeout = .milliseconds(5)
        let ids = Mutex<[CommandID]>([])
        let batches = AsyncStream<Void>.makeStream()
        try await running(settings) { batch in
            ids.withLock { $0 += batch.commandIDs }
            batches.continuation.yield()
            return batch.entries.map { _ in .done }
        } _: { _ in
            // The first batch shows that the consumer runs and has polled.
            try await harness.enqueue()
            var handled = batches.stream.makeAsyncIterator()
            await handled.next()
            try await harness.makePending(with: leaving, in: commandStream)
            await leaving.releaseAll()
            await handled.next()
        }
        #expect(ids.withLock { $0.count } == 2)
    }

    @Test func `a consumer that is stopped does not wait for its idle tasks`() async throws {
        var settings = wakeupsOnly
        settings.blockTimeout = .milliseconds(20)
        let consumer = try harness.consumer(ConsumerHarness.service, settings)
        let run = Task { await consumer.run { $0.entries.map { _ in .done } } }
        try await eventually("the worker is listed as running") {
            try await harness.redis.send(RedisCommand("EXISTS", harness.keys.worker(consumer.name))).int == 1
        }
        consumer.stop()
        await run.value
        #expect(try await harness.redis.send(RedisCommand("EXISTS", harness.keys.worker(consumer.name))).int == 0)
        try await harness.close()
    }
}

extension ConsumerHarness {
    /// Adds an entry and delivers it to a consumer before any other can read it.
    fileprivate func makePending(with consumer: StreamConsumer, in key: String) async throws {
        let command = ConsumerHarness.command()
        var add = RedisCommand("XADD", key, "*")
        command.append(to: &add)
        let read = RedisCommand(
            "XREADGROUP", "GROUP", ConsumerHarness.service.rawValue, consumer.name, "COUNT", 10, "STREAMS", key, ">")
        // The two commands run in one transaction. Otherwise the waiting consumer would get the entry.
        let replies = try await redis.pipeline([RedisCommand("MULTI"), add, read, RedisCommand("EXEC")])
        #expect(replies.allSatisfy { $0.error == nil })
    }
}
