import Marketplace
import RedisClient
import Support
import Synchronization
import Testing

@testable import Streams

@Suite(.timeLimit(.minutes(1)))
struct ConsumerTests {
    private let harness: ConsumerHarness
    private let commandStream: String
    private let group = ConsumerHarness.service.rawValue

    init() throws {
        harness = try ConsumerHarness()
        commandStream = harness.keys.commands(ConsumerHarness.service)
    }

    @Test func `entries that are older than the group are delivered`() async throws {
        let commands = [ConsumerHarness.command(), ConsumerHarness.command()]
        for command in commands { try await harness.enqueue(command) }
        let batch = try await harness.next(try harness.consumer())
        #expect(batch.commandIDs == commands.map(\.id))
        #expect(batch.entries.map(\.deliveries) == [1, 1])
        #expect(!batch.isAlone)
        try await harness.close()
    }

    @Test func `a settled command is answered, acknowledged and deleted`() async throws {
        let command = ConsumerHarness.command(reply: "web-1")
        try await harness.enqueue(command)
        let consumer = try harness.consumer()
        let batch = try await harness.next(consumer)
        #expect(try await harness.pending(commandStream, group).map(\.consumer) == [consumer.name])
        let reply = Reply(id: command.id, outcome: .refused, body: Array(#"{"code":"soldOut"}"#.utf8))
        try await consumer.settle(
            batch, [.done(replies: [ReplyMessage(to: try #require(ReplyAddress("web-1")), reply)])])

        #expect(try await harness.length(commandStream) == 0)
        #expect(try await harness.pending(commandStream, group).isEmpty)
        let replies = harness.keys.replies("web-1")
        let fields = try #require(try await harness.entries(replies).first)
        #expect(fields.all.map { String(decoding: $0.name, as: UTF8.self) } == ["to", "id", "outcome", "body"])
        #expect(fields.text("id") == command.id.description && fields.text("outcome") == "refused")
        let ttl = try #require(try await harness.redis.send(RedisCommand("PTTL", replies)).int)
        #expect(1...60_000 ~= ttl)
        try await harness.close()
    }

    @Test func `events come before commands, are acknowledged and stay`() async throws {
        let (event, command) = (ConsumerHarness.event(), ConsumerHarness.command())
        try await harness.enqueue(command)
        try await harness.publish(event, of: .users, as: 41)
        let consumer = try harness.consumer()
        let batch = try await harness.next(consumer)
        try #require(batch.entries.map(\.content) == [.event(event, from: .users), .command(command)])
        try await consumer.settle(batch, [.done, .done])
        #expect(try await harness.length(harness.keys.events(.users)) == 1)
        #expect(try await harness.pending(harness.keys.events(.users), group).isEmpty)
        try await harness.close()
    }

    @Test func `a batch has its maximum size, and the rest waits`() async throws {
        var settings = ConsumerHarness.eager
        settings.batchSize = 3
        for _ in 0..<5 { try await harness.enqueue() }
        let consumer = try harness.consumer(ConsumerHarness.service, settings)
        var sizes: [Int] = []
        for _ in 0..<2 {
            let batch = try await harness.next(consumer)
            sizes.append(batch.entries.count)
            try await consumer.settle(batch, batch.entries.map { _ in .done })
        }
        #expect(sizes == [3, 2])
        try await harness.close()
    }

    // MARK: Claiming

    @Test func `the entries of a vanished consumer are claimed`() async throws {
        try await harness.enqueue()
        let (vanished, heir) = (try harness.consumer(), try harness.consumer())
        let before = try await harness.next(vanished)
        #expect(try await heir.next() == nil)
        try await harness.makeIdle(vanished, commandStream)
        let after = try await harness.next(heir)
        #expect(after.commandIDs == before.commandIDs)
        #expect(after.entries.map(\.deliveries) == [2])
        #expect(try await harness.pending(commandStream, group).map(\.consumer) == [heir.name])
        try await harness.close()
    }

    @Test func `a consumer does not defer an entry that another has taken`() async throws {
        let id = try await harness.enqueue()
        let consumer = try harness.consumer()
        let batch = try await harness.next(consumer)
        _ = try await harness.redis.send(RedisCommand("XCLAIM", commandStream, group, "another", 0, id.description))
        try await consumer.settle(batch, [.deferred(after: .zero, reason: "behind")])
        #expect(try await harness.pending(commandStream, group).map(\.consumer) == ["another"])
        #expect(try await harness.members(harness.keys.deferred(ConsumerHarness.service)).isEmpty)
        try await harness.close()
    }

    @Test func `an entry that ends its process runs alone after two deliveries, and is given up after two crashes`()
        async throws
    {
        try await harness.enqueue(ConsumerHarness.command("Crashing"))
        let settings = ConsumerHarness.eager
        var seen: [(deliveries: Int, alone: Bool)] = []
        for _ in 0..<4 {
            let victim = try harness.consumer(ConsumerHarness.service, settings)
            try await harness.enqueue(ConsumerHarness.command("Other"))
            var settled = false
            var crashed = false
            // The other command may come in the same batch, before it or after it.
            while !(settled && crashed) {
                let batch = try await harness.next(victim)
                if let crashing = batch.entries.first(where: { $0.type == "Crashing" }) {
                    seen.append((crashing.deliveries, batch.isAlone))
                    crashed = true
                }
                if batch.entries.contains(where: { $0.type == "Other" }) {
                    try await victim.settle(
                        Batch(entries: batch.entries.filter { $0.type == "Other" }), [.done])
                    settled = true
                }
            }
            try await harness.makeIdle(victim, commandStream)
        }
        #expect(seen.map(\.deliveries) == [1, 2, 3, 4])
        #expect(seen.map(\.alone).suffix(2) == [true, true])
        let last = try harness.consumer(ConsumerHarness.service, settings)
        while try await harness.length(harness.keys.deadLetters(ConsumerHarness.service)) == 0 {
            _ = try await last.next()
        }
        let letter = try #require(try await harness.entries(harness.keys.deadLetters(ConsumerHarness.service)).first)
        #expect(letter.text("error")?.contains("2 workers crashed") == true)
        #expect(try await harness.length(commandStream) == 0)
        try await harness.close()
    }

    @Test func `an entry that was deleted while pending is not delivered`() async throws {
        let id = try await harness.enqueue()
        let (vanished, heir) = (try harness.consumer(), try harness.consumer())
        _ = try await harness.next(vanished)
        _ = try await harness.redis.send(RedisCommand("XDEL", commandStream, id.description))
        try await harness.makeIdle(vanished, commandStream)
        _ = try await heir.next()
        #expect(try await heir.next() == nil)
        #expect(try await harness.pending(commandStream, group).isEmpty)
        try await harness.close()
    }

    @Test func `the groups start again after Redis has lost its data`() async throws {
        let consumer = try harness.consumer()
        try await harness.enqueue()
        let before = try await harness.next(consumer)
        _ = try await harness.redis.send(RedisCommand("DEL", commandStream))
        try await consumer.settle(before, [.done])
        let command = ConsumerHarness.command()
        try await harness.enqueue(command)
        #expect(try await harness.next(consumer).commandIDs == [command.id])
        try await harness.close()
    }

    // MARK: Running and ending

    @Test func `a batch is retried while the database is unavailable, and no entry is blamed`() async throws {
        let command = ConsumerHarness.command()
        try await harness.enqueue(command)
        let consumer = try harness.consumer()
        struct Unavailable: Error {}
        let tries = Mutex<[Batch]>([])
        let run = Task {
            await consumer.run { batch in
                let count = tries.withLock { tries in
                    tries.append(batch)
                    return tries.count
                }
                if count < 4 { throw Unavailable() }
                consumer.stop()
                return batch.entries.map { _ in .done }
            }
        }
        await run.value
        let seen = tries.withLock { $0 }
        #expect(seen.map(\.commandIDs) == Array(repeating: [command.id], count: 4))
        #expect(seen.allSatisfy { $0.entries[0].deliveries == 1 })
        #expect(try await harness.length(commandStream) == 0)
        try await harness.close()
    }

    @Test func `a worker is listed as running until it ends`() async throws {
        try await harness.enqueue()
        let consumer = try harness.consumer()
        let key = harness.keys.worker(consumer.name)
        let redis = harness.redis
        let shown = Mutex<RedisValue?>(nil)
        await consumer.run { batch in
            let reply = try await eventually("the worker is listed") {
                let reply = try await redis.send(RedisCommand("HGETALL", key))
                return reply.array?.isEmpty == false ? reply : nil
            }
            shown.withLock { $0 = reply }
            consumer.stop()
            return batch.entries.map { _ in .done }
        }
        let map = try StreamReplyParser.map(try #require(shown.withLock { $0 }), "HGETALL")
        #expect(map["pool"]?.string == group)
        #expect(Set(map.keys) == ["pool", "since", "batch", "done"])
        #expect(try await redis.send(RedisCommand("EXISTS", key)).int == 0)
        try await harness.close()
    }

    @Test func `entries left at the end can be claimed at once, and do not count as delivered`() async throws {
        var settings = ConsumerHarness.eager
        settings.batchSize = 1
        let consumer = try harness.consumer(ConsumerHarness.service, settings)
        for _ in 0..<3 { try await harness.enqueue() }
        let started = AsyncStream<Void>.makeStream()
        let run = Task {
            await consumer.run { batch in
                started.continuation.yield()
                try await Task.sleep(for: .seconds(3600))
                return batch.entries.map { _ in .done }
            }
        }
        var starts = started.stream.makeAsyncIterator()
        _ = await starts.next()
        run.cancel()
        await run.value
        var eager = ConsumerHarness.eager
        eager.claimIdle = .seconds(3600)
        let heir = try harness.consumer(ConsumerHarness.service, eager)
        var deliveries: [Int] = []
        while deliveries.count < 3 { deliveries += try await harness.next(heir).entries.map(\.deliveries) }
        #expect(deliveries == [1, 1, 1])
        try await harness.close()
    }

    @Test func `a stopped worker releases the entries behind the batch in flight at once`()
        async throws
    {
        var settings = ConsumerHarness.eager
        settings.batchSize = 1
        settings.batchesInFlight = 1
        try await harness.publish(ConsumerHarness.event(), of: .users, as: 1)
        try await harness.publish(ConsumerHarness.event(), of: .orders, as: 1)
        let command = try await harness.enqueue()
        let consumer = try harness.consumer(ConsumerHarness.service, settings)
        let started = AsyncStream<Void>.makeStream()
        let ending = AsyncStream<Void>.makeStream()
        let run = Task {
            await consumer.run { batch in
                started.continuation.yield()
                for await _ in ending.stream { break }
                return batch.entries.map { _ in .done }
            }
        }
        var starts = started.stream.makeAsyncIterator()
        await starts.next()
        consumer.stop()
        let heir = try harness.consumer()
        var entries: [StreamEntry] = []
        while entries.count < 2 { entries += try await harness.next(heir).entries }
        #expect(entries.map(\.source) == [.events(.orders), .commands(.listings)])
        #expect(entries.map(\.streamID) == [StreamID(outbox: 1), command])
        #expect(entries.map(\.deliveries) == [1, 1])
        // The batch in flight is finished.
        #expect(try await harness.pending(harness.keys.events(.users), group).map(\.consumer) == [consumer.name])
        ending.continuation.finish()
        await run.value
        #expect(try await harness.pending(harness.keys.events(.users), group).isEmpty)
        try await harness.close()
    }

    @Test func `a handled batch is settled when Redis is back`() async throws {
        let own = try await RedisServer.start()
        let harness = try ConsumerHarness(own: own)
        try await harness.enqueue()
        let consumer = try harness.consumer()
        let batch = try await harness.next(consumer)
        try await own.kill()
        async let settled: Void = consumer.settle(batch, [.done])
        try await own.restart()
        try await settled
        #expect(try await harness.length(commandStream(of: harness)) == 0)
        #expect(try await harness.pending(commandStream(of: harness), group).isEmpty)
        await harness.redis.close()
    }

    @Test func `a handled batch is settled when Redis accepts writes again`() async throws {
        let own = try await RedisServer.start()
        let harness = try ConsumerHarness(own: own)
        try await harness.enqueue()
        let consumer = try harness.consumer()
        let batch = try await harness.next(consumer)
        let redis = harness.redis
        // A replica without its master answers, and rejects every write.
        _ = try await redis.send(RedisCommand("REPLICAOF", "127.0.0.1", try await FreePort.find()))
        async let settled: Void = consumer.settle(batch, [.done])
        try await eventually("the settlement was rejected more than once") {
            try await harness.errorCount("READONLY") > 4
        }
        _ = try await redis.send(RedisCommand("REPLICAOF", "NO", "ONE"))
        try await settled
        #expect(try await harness.length(commandStream(of: harness)) == 0)
        #expect(try await harness.pending(commandStream(of: harness), group).isEmpty)
        await redis.close()
    }

    private func commandStream(of harness: ConsumerHarness) -> String { harness.keys.commands(ConsumerHarness.service) }

    @Test func `a consumer without pending entries is deleted from its groups`() async throws {
        let consumer = try harness.consumer()
        _ = try await consumer.next()
        await consumer.releaseAll()
        for source in await consumer.sources {
            let reply = try await harness.redis.send(
                RedisCommand("XINFO", "CONSUMERS", source.key(harness.keys), group))
            #expect(reply == .array([]))
        }
        try await harness.close()
    }
}

extension StreamEntry {
    fileprivate var type: String {
        switch content {
        case .command(let command): command.type
        case .event(let event, _): event.type
        case .malformed: ""
        }
    }
}
