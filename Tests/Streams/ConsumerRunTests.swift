import Logging
import Marketplace
import RedisClient
import Support
import Synchronization
import Testing

@testable import Streams

/// How the stages of several batches overlap while a consumer runs.
@Suite(.timeLimit(.minutes(1)))
struct ConsumerRunTests {
    private let stage: Stage
    private let inbox: String

    init() throws {
        stage = try Stage()
        inbox = stage.keys.commands(Stage.service)
    }

    /// Nothing but what is rung for happens within the time of a test.
    private var patient: ConsumerSettings {
        var settings = ConsumerSettings()
        settings.block = .seconds(60)
        settings.claimInterval = .seconds(3600)
        settings.dueInterval = .seconds(3600)
        settings.firstPause = .milliseconds(1)
        return settings
    }

    /// Runs a consumer for as long as the body takes.
    private func running(
        _ settings: ConsumerSettings, _ handle: @escaping @Sendable (Batch) async throws -> [Outcome],
        _ body: (StreamConsumer) async throws -> Void
    ) async throws {
        let consumer = try stage.consumer(Stage.service, settings)
        let run = Task { await consumer.run(handle) }
        try await body(consumer)
        run.cancel()
        await run.value
        try await stage.close()
    }

    @Test func `under a flood a second batch is handled beside the first`() async throws {
        var settings = patient
        settings.batchSize = 1
        for _ in 0..<3 { try await stage.enqueue() }
        let inHand = AsyncStream<Void>.makeStream()
        let goOn = AsyncStream<Void>.makeStream()
        let handled = AsyncStream<Void>.makeStream()
        try await running(settings) { batch in
            inHand.continuation.yield()
            for await _ in goOn.stream { break }
            handled.continuation.yield()
            return batch.entries.map { _ in .done }
        } _: { _ in
            var starts = inHand.stream.makeAsyncIterator()
            for _ in 0..<settings.batchesInFlight { await starts.next() }
            goOn.continuation.finish()
            var ends = handled.stream.makeAsyncIterator()
            for _ in 0..<3 { await ends.next() }
            try await eventually("all are settled") { try await stage.length(inbox) == 0 }
        }
    }

    @Test func `a suspect is in hand alone`() async throws {
        for _ in 0..<3 { try await stage.enqueue() }
        // Delivered twice without an answer.
        for _ in 0..<2 {
            let victim = try stage.consumer()
            _ = try await stage.next(victim)
            try await stage.age(victim, inbox)
        }
        var settings = patient
        settings.claimInterval = .zero
        let count = Mutex(0)
        let most = Mutex(0)
        let handled = Mutex(0)
        let redis = stage.redis
        try await running(settings) { batch in
            let inHand = count.withLock { count in
                count += 1
                return count
            }
            most.withLock { $0 = max($0, inHand) }
            // Time for another to begin.
            for _ in 0..<20 { _ = try await redis.send(RedisCommand("PING")) }
            count.withLock { $0 -= 1 }
            handled.withLock { $0 += batch.entries.count }
            return batch.entries.map { _ in .done }
        } _: { _ in
            try await eventually("all are handled") { handled.withLock { $0 } >= 3 }
        }
        #expect(most.withLock { $0 } == 1)
    }

    @Test func `what is put off comes back in time, though a read waits for longer`() async throws {
        try await stage.enqueue()
        let deliveries = AsyncStream<Void>.makeStream()
        let wasPutOff = Mutex(false)
        try await running(patient) { batch in
            deliveries.continuation.yield()
            let isFirst = wasPutOff.withLock { was in
                defer { was = true }
                return !was
            }
            return batch.entries.map { _ in isFirst ? .putOff(after: .milliseconds(5), reason: "behind") : .done }
        } _: { _ in
            var deliveries = deliveries.stream.makeAsyncIterator()
            for _ in 0..<2 { await deliveries.next() }
        }
    }

    @Test func `what another gives back is taken over, long before it would be looked for`() async throws {
        let leaver = try stage.consumer()
        var settings = patient
        settings.block = .milliseconds(5)
        let ids = Mutex<[CommandID]>([])
        let looked = AsyncStream<Void>.makeStream()
        try await running(settings) { batch in
            ids.withLock { $0 += batch.commandIDs }
            looked.continuation.yield()
            return batch.entries.map { _ in .done }
        } _: { _ in
            // The first one tells that it runs, and has looked for what was left behind.
            try await stage.enqueue()
            var handled = looked.stream.makeAsyncIterator()
            await handled.next()
            try await stage.makePending(with: leaver, in: inbox)
            await leaver.handBack()
            await handled.next()
        }
        #expect(ids.withLock { $0.count } == 2)
    }

    @Test func `a consumer that is asked to end does not wait for those who wait`() async throws {
        var settings = patient
        settings.block = .milliseconds(20)
        let consumer = try stage.consumer(Stage.service, settings)
        let run = Task { await consumer.run { $0.entries.map { _ in .done } } }
        try await eventually("it happens") {
            try await stage.redis.send(RedisCommand("EXISTS", stage.keys.worker(consumer.name))).int == 1
        }
        consumer.stop()
        await run.value
        #expect(try await stage.redis.send(RedisCommand("EXISTS", stage.keys.worker(consumer.name))).int == 0)
        try await stage.close()
    }
}

extension Stage {
    /// Gives an entry to a consumer before anyone else reads it.
    fileprivate func makePending(with consumer: StreamConsumer, in key: String) async throws {
        let command = Stage.command()
        var add = RedisCommand("XADD", key, "*")
        command.append(to: &add)
        let read = RedisCommand(
            "XREADGROUP", "GROUP", Stage.service.rawValue, consumer.name, "COUNT", 10, "STREAMS", key, ">")
        // In one transaction, or the one that waits would have it.
        let replies = try await redis.pipeline([RedisCommand("MULTI"), add, read, RedisCommand("EXEC")])
        #expect(replies.allSatisfy { $0.error == nil })
    }
}
