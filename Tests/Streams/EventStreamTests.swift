import Marketplace
import RedisClient
import Support
import Testing

@testable import Streams

@Suite(.timeLimit(.minutes(1)))
struct EventStreamTests {
    private let harness: ConsumerHarness
    private let stream: EventStream
    private let key: String

    init() throws {
        harness = try ConsumerHarness()
        stream = EventStream(service: .orders, redis: harness.redis, keys: harness.keys)
        key = harness.keys.events(.orders)
    }

    private func rows(_ ids: ClosedRange<UInt64>) -> [(id: UInt64, event: EventEnvelope)] {
        ids.map { ($0, ConsumerHarness.event("OrderCreated")) }
    }

    @Test func `entries have the ids of their outbox rows`() async throws {
        let rows = rows(7...9)
        #expect(try await stream.last().id == .zero)
        #expect(
            try await stream.append(expectedLast: .zero, entries: rows)
                == .appended(count: 3, last: StreamID(outbox: 9)))
        let last = try await stream.last()
        #expect(last.id == StreamID(outbox: 9) && last.event == rows[2].event.id)
        #expect(try await harness.entries(key).map { try EventEnvelope($0) } == rows.map(\.event))
        try await harness.close()
    }

    @Test func `a relay appends nothing if the stream ends elsewhere`() async throws {
        _ = try await stream.append(expectedLast: .zero, entries: rows(1...3))
        #expect(
            try await stream.append(expectedLast: StreamID(outbox: 2), entries: rows(3...4))
                == .behind(actualLast: StreamID(outbox: 3)))
        #expect(try await stream.length() == 3)
        // Redis loses its data between the appends.
        _ = try await harness.redis.send(RedisCommand("DEL", key))
        #expect(
            try await stream.append(expectedLast: StreamID(outbox: 3), entries: rows(4...4))
                == .behind(actualLast: .zero))
        #expect(try await stream.length() == 0)
        try await harness.close()
    }

    @Test func `only one of several racing relays appends`() async throws {
        let rows = rows(1...50)
        let results = try await withThrowingTaskGroup(of: AppendResult.self) { [stream] group in
            for _ in 0..<8 { group.addTask { try await stream.append(expectedLast: .zero, entries: rows) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.count { $0 == .appended(count: 50, last: StreamID(outbox: 50)) } == 1)
        #expect(results.count { $0 == .behind(actualLast: StreamID(outbox: 50)) } == 7)
        #expect(try await stream.length() == 50)
        try await harness.close()
    }

    @Test func `an append trims the stream to its bound`() async throws {
        let bound = StreamBound(entries: 5)
        #expect(
            try await stream.append(expectedLast: .zero, entries: rows(1...8), bound: bound)
                == .appended(count: 5, last: StreamID(outbox: 5)))
        #expect(
            try await stream.append(expectedLast: StreamID(outbox: 5), entries: rows(6...8), bound: bound)
                == .appended(count: 3, last: StreamID(outbox: 8)))
        #expect(try await stream.length() == 5)
        let small = StreamBound(bytes: 100)
        #expect(
            try await stream.append(expectedLast: StreamID(outbox: 8), entries: rows(9...11), bound: small)
                == .appended(count: 3, last: StreamID(outbox: 11)))
        #expect(try await stream.length() == 5)
        try await harness.close()
    }

    @Test func `a follower that has not settled a trimmed entry is moved off the stream`() async throws {
        let bound = StreamBound(entries: 6)
        _ = try await stream.append(expectedLast: .zero, entries: rows(1...6), bound: bound)
        // Listings has settled all entries, and payments has settled 2 of the 4 that it has received. Expiration has no
        // group.
        let listings = try harness.consumer(.listings)
        let all = try await harness.next(listings)
        try await listings.settle(all, all.entries.map { _ in .done })
        var settings = ConsumerHarness.eager
        settings.batchSize = 4
        let payments = try harness.consumer(.payments, settings)
        let four = try await harness.next(payments)
        try await payments.settle(Batch(entries: Array(four.entries[..<2])), [.done, .done])

        let names = ["tickets", "payments", "expiration"]
        _ = try await stream.append(
            expectedLast: StreamID(outbox: 6), entries: rows(7...8), bound: bound, followers: ["tickets", "payments"])
        #expect(try await stream.catchUp.gaps().isEmpty)
        _ = try await stream.append(
            expectedLast: StreamID(outbox: 8), entries: rows(9...9), bound: bound, followers: names)
        let gaps = try await stream.catchUp.gaps().sorted { $0.follower < $1.follower }
        #expect(
            gaps == [
                .init(follower: "expiration", position: 0, unsettled: 0),
                .init(follower: "payments", position: 2, unsettled: 0),
            ])
        let progress = try await stream.progress(of: names)
        #expect(progress.first == StreamID(outbox: 4))
        #expect(progress.followers.filter(\.hasGroup).map(\.name) == ["tickets"])
        // The unsettled entries hold back the outbox, but not the stream.
        #expect(LowWaterMark(of: progress).settled == .zero)
        #expect(LowWaterMark(of: progress).read == StreamID(outbox: 6))
        try await harness.close()
    }

    @Test func `an append does nothing while Redis is out of memory, and succeeds later`() async throws {
        let own = try await RedisServer.start()
        defer { withExtendedLifetime(own) {} }
        let harness = try ConsumerHarness(own: own)
        let stream = EventStream(service: .orders, redis: harness.redis, keys: harness.keys)
        _ = try await stream.append(expectedLast: .zero, entries: rows(1...2))
        try await own.command("CONFIG", "SET", "maxmemory", "1")
        let error = await #expect(throws: RedisError.self) {
            try await stream.append(expectedLast: StreamID(outbox: 2), entries: rows(3...200))
        }
        #expect(error?.isUnavailable == true)
        #expect(try await stream.length() == 2)
        try await own.command("CONFIG", "SET", "maxmemory", "0")
        #expect(
            try await stream.append(expectedLast: StreamID(outbox: 2), entries: rows(3...200))
                == .appended(count: 198, last: StreamID(outbox: 200)))
        await harness.redis.close()
    }

    @Test func `the low-water mark is the id up to which every declared group has settled`() async throws {
        let groups: [ServiceName] = [.listings, .payments]
        _ = try await stream.append(expectedLast: .zero, entries: rows(1...6))
        #expect(try await stream.lowWaterMark(groups: []).settled.outboxID == 6)
        #expect(try await stream.lowWaterMark(groups: groups).settled == .zero)

        let tickets = try harness.consumer(.listings)
        let read = try await harness.next(tickets)
        #expect(try await stream.lowWaterMark(groups: [.listings]).settled.outboxID == 0)
        try await tickets.settle(read, read.entries.map { _ in .done })
        #expect(try await stream.lowWaterMark(groups: [.listings]).settled.outboxID == 6)
        // A declared group that does not exist has read nothing.
        #expect(try await stream.lowWaterMark(groups: groups).settled == .zero)

        var settings = ConsumerHarness.eager
        settings.batchSize = 4
        let payments = try harness.consumer(.payments, settings)
        let four = try await harness.next(payments)
        #expect(try await stream.lowWaterMark(groups: groups).settled.outboxID == 0)
        try await payments.settle(
            Batch(entries: [four.entries[0], four.entries[1], four.entries[3]]), [.done, .done, .done])
        #expect(try await stream.lowWaterMark(groups: groups).settled.outboxID == 2)
        try await payments.settle(Batch(entries: [four.entries[2]]), [.done])
        #expect(try await stream.lowWaterMark(groups: groups).settled.outboxID == 4)
        try await harness.close()
    }

    @Test func `a loss between reading the groups and reading their deferred events raises no mark`() async throws {
        let redis = try await RedisServer.start()
        let harness = try ConsumerHarness(own: redis)
        for (id, event) in rows(1...3) { try await harness.publish(event, of: .orders, as: id) }
        let consumer = try harness.consumer()
        try await consumer.settle(
            try await harness.next(consumer), [.deferred(after: .seconds(600), reason: "behind"), .done, .done])
        let proxy = try await CuttableProxy.start(to: redis.port)
        let proxied = RedisClient(
            configuration: try RedisConfiguration(url: "redis://127.0.0.1:\(proxy.port)"),
            logger: ConsumerHarness.silent)
        let stream = EventStream(service: .orders, redis: proxied, keys: harness.keys)
        let before = LowWaterMark(settled: StreamID(outbox: 1).previous, read: StreamID(outbox: 3))
        #expect(try await stream.lowWaterMark(groups: [.listings]) == before)
        // At this point the state of the groups has been read, but their deferred events have not been read yet.
        proxy.before("ZRANGE") {
            await #expect(throws: Never.self) { try await redis.flush() }
        }
        #expect(try await stream.lowWaterMark(groups: [.listings]) == LowWaterMark(settled: .zero, read: .zero))
        await proxied.close()
        await harness.redis.close()
    }

    @Test func `trimming keeps the entry at the mark and those after it`() async throws {
        _ = try await stream.append(expectedLast: .zero, entries: rows(1...6))
        #expect(try await stream.trim(before: StreamID(milliseconds: 4, sequence: .max)) == 3)
        #expect(try await harness.entries(key).count == 3)
        #expect(try await stream.trim(before: .zero) == 0)
        #expect(try await stream.trim(before: StreamID(outbox: 6)) == 2)
        let last = try await stream.last()
        #expect(last.id == StreamID(outbox: 6) && last.event != nil)
        try await harness.close()
    }

    @Test func `a follower reads all events after its position, and notes the time of the last read`() async throws {
        let rows = rows(1...4)
        _ = try await stream.append(expectedLast: .zero, entries: Array(rows.prefix(2)))
        let follower = EventFollower(
            service: .orders, blocking: try harness.blocking(), keys: harness.keys, logger: ConsumerHarness.silent)
        #expect(follower.lastSuccessfulRead == nil)
        let seen = AsyncStream<StreamEvent>.makeStream()
        let task = Task {
            await follower.run(after: StreamID(outbox: 1)) { events in
                for event in events { seen.continuation.yield(event) }
            }
        }
        var events = seen.stream.makeAsyncIterator()
        #expect(await events.next() == StreamEvent(id: StreamID(outbox: 2), event: rows[1].event))
        try await harness.add(["no", "event"], to: "\(harness.keys.prefix):elsewhere")
        _ = try await harness.redis.send(RedisCommand("XADD", key, "3-0", "no", "event"))
        _ = try await stream.append(expectedLast: StreamID(outbox: 3), entries: [rows[3]])
        #expect(await events.next() == StreamEvent(id: StreamID(outbox: 4), event: rows[3].event))
        while follower.lastSuccessfulRead == nil { await Task.yield() }
        task.cancel()
        await task.value
        try await harness.close()
    }

    /// For this follower, the stream ends at the same id as before.
    @Test func `a follower notices a loss after which the stream was refilled before its next read`() async throws {
        let redis = try await RedisServer.start()
        let harness = try ConsumerHarness(own: redis)
        let stream = EventStream(service: .orders, redis: harness.redis, keys: harness.keys)
        _ = try await stream.append(expectedLast: .zero, entries: rows(1...4))
        let follower = EventFollower(
            service: .orders, blocking: try harness.blocking(), keys: harness.keys, logger: ConsumerHarness.silent)
        let resumed = AsyncStream<Void>.makeStream()
        let seen = AsyncStream<StreamID>.makeStream()
        let task = Task {
            await follower.run(after: StreamID(outbox: 4), resumed: { resumed.continuation.yield() }) { events in
                for event in events { seen.continuation.yield(event.id) }
            }
        }
        let incarnation = RedisCommand("GET", harness.keys.incarnation(ofEvents: .orders))
        for _ in 0..<2 {
            while try await harness.redis.send(incarnation).isNull { await Task.yield() }
            // The follower has read once more, so it knows the incarnation.
            let named = ContinuousClock.now
            while (follower.lastSuccessfulRead ?? named) <= named { await Task.yield() }
            var refill = [RedisCommand("MULTI"), RedisCommand("FLUSHALL")]
            for (id, event) in rows(3...4) {
                var add = RedisCommand("XADD", harness.keys.events(.orders), StreamID(outbox: id).description)
                event.append(to: &add)
                refill.append(add)
            }
            for reply in try await harness.redis.pipeline(refill + [RedisCommand("EXEC")]) {
                #expect(reply.error == nil)
            }
            var resumptions = resumed.stream.makeAsyncIterator()
            await resumptions.next()
            // The entries may belong to a different history from the entries that were read before.
            var ids = seen.stream.makeAsyncIterator()
            #expect(await ids.next() == StreamID(outbox: 3))
            #expect(await ids.next() == StreamID(outbox: 4))
        }
        task.cancel()
        await task.value
        await harness.redis.close()
    }

    @Test func `a follower reads on while Redis is out of memory`() async throws {
        let redis = try await RedisServer.start()
        let harness = try ConsumerHarness(own: redis)
        let stream = EventStream(service: .orders, redis: harness.redis, keys: harness.keys)
        _ = try await stream.append(expectedLast: .zero, entries: rows(1...1))
        try await redis.command("CONFIG", "SET", "maxmemory", "1")
        let follower = EventFollower(
            service: .orders, blocking: try harness.blocking(), keys: harness.keys, logger: ConsumerHarness.silent)
        let seen = AsyncStream<StreamID>.makeStream()
        let task = Task {
            await follower.run(after: .zero) { events in for event in events { seen.continuation.yield(event.id) } }
        }
        var ids = seen.stream.makeAsyncIterator()
        #expect(await ids.next() == StreamID(outbox: 1))
        while follower.lastSuccessfulRead == nil { await Task.yield() }
        task.cancel()
        await task.value
        await harness.redis.close()
    }
}
