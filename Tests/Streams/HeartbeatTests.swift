import Marketplace
import RedisClient
import Support
import Synchronization
import Testing

@testable import Streams

/// Tests that a consumer keeps the entries that it holds, and that it aborts a batch if others have taken some of its
/// entries.
@Suite(.timeLimit(.minutes(1)))
struct HeartbeatTests {
    private let harness: ConsumerHarness
    private let commandStream: String
    private let group = ConsumerHarness.service.rawValue

    init() throws {
        harness = try ConsumerHarness()
        commandStream = harness.keys.commands(ConsumerHarness.service)
    }

    @Test func `a heartbeat keeps the entries that a consumer holds`() async throws {
        var settings = ConsumerHarness.eager
        settings.batchSize = 1
        for _ in 0..<2 { try await harness.enqueue() }
        let (keeper, other) = (try harness.consumer(ConsumerHarness.service, settings), try harness.consumer())
        _ = try await harness.next(keeper)
        try await harness.makeIdle(keeper, commandStream)
        #expect(try await keeper.heartbeat().isEmpty)
        let others = try await harness.next(other)
        #expect(others.entries.map(\.deliveries) == [1])
        #expect(try await other.next() == nil)
        try await harness.close()
    }

    @Test func `the heartbeat starts again for the next batch, and a taken entry ends its own batch alone`()
        async throws
    {
        var settings = ConsumerHarness.eager
        settings.heartbeatInterval = .milliseconds(5)
        settings.batchSize = 1
        let consumer = try harness.consumer(ConsumerHarness.service, settings)
        try await harness.enqueue()
        try await consumer.process(try await harness.next(consumer)) { _ in [.done] }
        try await eventually("the heartbeat has ended") { await consumer.heartbeatTask == nil }

        let ids = [try await harness.enqueue(), try await harness.enqueue()]
        let batches = [try await harness.next(consumer), try await harness.next(consumer)]
        let (redis, commandStream, group) = (harness.redis, commandStream, group)
        let (aborted, abort) = AsyncStream.makeStream(of: Never.self)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                try await consumer.process(batches[0]) { _ in
                    _ = try await redis.send(
                        RedisCommand("XCLAIM", commandStream, group, "another", 0, ids[0].description))
                    defer { abort.finish() }
                    try await Task.sleep(for: .seconds(3600))
                    return []
                }
            }
            tasks.addTask {
                try await consumer.process(batches[1]) { _ in
                    for await _ in aborted {}
                    try Task.checkCancellation()
                    return [.done]
                }
            }
            try await tasks.waitForAll()
        }
        #expect(try await harness.pending(commandStream, group).map(\.id) == [ids[0].description])
        try await harness.close()
    }

    @Test func `a batch with a taken entry is aborted, and the rest runs again`() async throws {
        let ids = [try await harness.enqueue(), try await harness.enqueue()]
        var settings = ConsumerHarness.eager
        settings.heartbeatInterval = .milliseconds(5)
        let consumer = try harness.consumer(ConsumerHarness.service, settings)
        let batch = try await harness.next(consumer)
        let wasCancelled = Mutex(false)
        let (redis, commandStream, group) = (harness.redis, commandStream, group)
        try await consumer.process(batch) { _ in
            _ = try await redis.send(RedisCommand("XCLAIM", commandStream, group, "another", 0, ids[0].description))
            do {
                try await Task.sleep(for: .seconds(3600))
            } catch {
                wasCancelled.withLock { $0 = true }
                throw error
            }
            return []
        }
        #expect(wasCancelled.withLock { $0 })
        let rest = try await harness.next(consumer)
        #expect(rest.entries.map(\.streamID) == [ids[1]])
        #expect(try await harness.pending(commandStream, group).map(\.consumer) == ["another", consumer.name])
        try await harness.close()
    }

    @Test func `a batch that keeps failing at once keeps its heartbeat`() async throws {
        var settings = ConsumerHarness.eager
        settings.heartbeatInterval = .milliseconds(20)
        settings.maxRetryDelay = .milliseconds(10)
        let id = try await harness.enqueue()
        let keeper = try harness.consumer(ConsumerHarness.service, settings)
        struct Unavailable: Error {}
        let batch = try await harness.next(keeper)
        let tries = Mutex(0)
        let work = Task {
            try await keeper.process(batch) { _ in
                tries.withLock { $0 += 1 }
                throw Unavailable()
            }
        }
        for _ in 0..<2 {
            let triesBefore = tries.withLock { $0 }
            try await eventually("the batch is tried again", within: .seconds(20)) {
                tries.withLock { $0 } > triesBefore + 3
            }
            // The entry looks a minute old to other consumers, until the next heartbeat.
            try await harness.makeIdle(keeper, commandStream)
            try await eventually("a heartbeat has come", within: .seconds(20)) {
                try await harness.idleTime(of: id, in: commandStream, group) < .seconds(60)
            }
        }
        work.cancel()
        await #expect(throws: (any Error).self) { try await work.value }
        #expect(try await harness.pending(commandStream, group).map(\.consumer) == [keeper.name])
        try await harness.close()
    }

    @Test func `the heartbeat covers entries that wait behind short batches`() async throws {
        var settings = ConsumerHarness.eager
        settings.batchSize = 1
        settings.heartbeatInterval = .zero
        try await harness.publish(ConsumerHarness.event(), of: .users, as: 1)
        try await harness.publish(ConsumerHarness.event(), of: .orders, as: 1)
        try await harness.enqueue()
        let consumer = try harness.consumer(ConsumerHarness.service, settings)
        let first = try await harness.next(consumer)
        #expect(first.entries.map(\.source) == [.events(.users)])
        for key in [harness.keys.events(.orders), commandStream] { try await harness.makeIdle(consumer, key) }
        try await consumer.settle(first, [.done])
        let second = try await harness.next(consumer)
        #expect(second.entries.map(\.source) == [.events(.orders)])
        #expect(try await harness.consumer().next() == nil)
        let third = try await harness.next(consumer)
        #expect(third.entries.map(\.deliveries) == [1])
        try await harness.close()
    }
}
