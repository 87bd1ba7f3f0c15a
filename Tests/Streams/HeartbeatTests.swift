import Marketplace
import RedisClient
import Support
import Synchronization
import Testing

@testable import Streams

/// What a consumer says of all that it holds, and what it does where others have taken some of it.
@Suite(.timeLimit(.minutes(1)))
struct HeartbeatTests {
    private let stage: Stage
    private let inbox: String
    private let group = Stage.service.rawValue

    init() throws {
        stage = try Stage()
        inbox = stage.keys.commands(Stage.service)
    }

    @Test func `a heartbeat keeps what is held`() async throws {
        var settings = Stage.eager
        settings.batchSize = 1
        for _ in 0..<2 { try await stage.enqueue() }
        let (keeper, other) = (try stage.consumer(Stage.service, settings), try stage.consumer())
        _ = try await stage.next(keeper)
        try await stage.age(keeper, inbox)
        #expect(try await keeper.heartbeat().isEmpty)
        let others = try await stage.next(other)
        #expect(others.entries.map(\.deliveries) == [1])
        #expect(try await other.next() == nil)
        try await stage.close()
    }

    @Test func `a heart that has stopped beats again for the next batch, and what others take ends that batch alone`()
        async throws
    {
        var settings = Stage.eager
        settings.heartbeatInterval = .milliseconds(5)
        settings.batchSize = 1
        let consumer = try stage.consumer(Stage.service, settings)
        try await stage.enqueue()
        try await consumer.process(try await stage.next(consumer)) { _ in [.done] }
        try await eventually("the heart has stopped") { await consumer.heart == nil }

        let ids = [try await stage.enqueue(), try await stage.enqueue()]
        let batches = [try await stage.next(consumer), try await stage.next(consumer)]
        let (redis, inbox, group) = (stage.redis, inbox, group)
        let (aborted, abort) = AsyncStream.makeStream(of: Never.self)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                try await consumer.process(batches[0]) { _ in
                    _ = try await redis.send(RedisCommand("XCLAIM", inbox, group, "thief", 0, ids[0].description))
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
        #expect(try await stage.pending(inbox, group).map(\.id) == [ids[0].description])
        try await stage.close()
    }

    @Test func `a batch of which some was taken is aborted, and the rest runs again`() async throws {
        let ids = [try await stage.enqueue(), try await stage.enqueue()]
        var settings = Stage.eager
        settings.heartbeatInterval = .milliseconds(5)
        let consumer = try stage.consumer(Stage.service, settings)
        let batch = try await stage.next(consumer)
        let wasCancelled = Mutex(false)
        let (redis, inbox, group) = (stage.redis, inbox, group)
        try await consumer.process(batch) { _ in
            _ = try await redis.send(RedisCommand("XCLAIM", inbox, group, "thief", 0, ids[0].description))
            do {
                try await Task.sleep(for: .seconds(3600))
            } catch {
                wasCancelled.withLock { $0 = true }
                throw error
            }
            return []
        }
        #expect(wasCancelled.withLock { $0 })
        let rest = try await stage.next(consumer)
        #expect(rest.entries.map(\.streamID) == [ids[1]])
        #expect(try await stage.pending(inbox, group).map(\.consumer) == ["thief", consumer.name])
        try await stage.close()
    }

    @Test func `a batch that fails at once, again and again, is taken by nobody`() async throws {
        var settings = Stage.eager
        settings.claimIdle = .milliseconds(300)
        settings.heartbeatInterval = .milliseconds(20)
        settings.longestPause = .milliseconds(10)
        try await stage.enqueue()
        let (keeper, other) = (try stage.consumer(Stage.service, settings), try stage.consumer(Stage.service, settings))
        struct Away: Error {}
        let batch = try await stage.next(keeper)
        let tries = Mutex(0)
        let work = Task {
            try await keeper.process(batch) { _ in
                tries.withLock { $0 += 1 }
                throw Away()
            }
        }
        let end = ContinuousClock.now + settings.claimIdle * 4
        while ContinuousClock.now < end { #expect(try await other.next() == nil) }
        #expect(tries.withLock { $0 } > 10)
        work.cancel()
        await #expect(throws: (any Error).self) { try await work.value }
        #expect(try await stage.pending(inbox, group).map(\.consumer) == [keeper.name])
        try await stage.close()
    }

    @Test func `the heart beats for what waits, however short each batch before it`() async throws {
        var settings = Stage.eager
        settings.batchSize = 1
        settings.heartbeatInterval = .zero
        try await stage.announce(Stage.event(), of: .users, as: 1)
        try await stage.announce(Stage.event(), of: .orders, as: 1)
        try await stage.enqueue()
        let consumer = try stage.consumer(Stage.service, settings)
        let first = try await stage.next(consumer)
        #expect(first.entries.map(\.source) == [.events(.users)])
        for key in [stage.keys.events(.orders), inbox] { try await stage.age(consumer, key) }
        try await consumer.settle(first, [.done])
        let second = try await stage.next(consumer)
        #expect(second.entries.map(\.source) == [.events(.orders)])
        #expect(try await stage.consumer().next() == nil)
        let third = try await stage.next(consumer)
        #expect(third.entries.map(\.deliveries) == [1])
        try await stage.close()
    }
}
