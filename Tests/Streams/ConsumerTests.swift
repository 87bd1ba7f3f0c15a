import Marketplace
import RedisClient
import Support
import Synchronization
import Testing

@testable import Streams

@Suite(.timeLimit(.minutes(1)))
struct ConsumerTests {
    private let stage: Stage
    private let inbox: String
    private let group = Stage.service.rawValue

    init() throws {
        stage = try Stage()
        inbox = stage.keys.commands(Stage.service)
    }

    @Test func `what was there before the group is work too`() async throws {
        let commands = [Stage.command(), Stage.command()]
        for command in commands { try await stage.enqueue(command) }
        let batch = try await stage.next(try stage.consumer())
        #expect(batch.commandIDs == commands.map(\.id))
        #expect(batch.entries.map(\.deliveries) == [1, 1])
        #expect(!batch.isAlone)
        try await stage.close()
    }

    @Test func `a settled command is answered, acked and gone`() async throws {
        let command = Stage.command(reply: "web-1")
        try await stage.enqueue(command)
        let consumer = try stage.consumer()
        let batch = try await stage.next(consumer)
        #expect(try await stage.pending(inbox, group).map(\.consumer) == [consumer.name])
        let reply = Reply(id: command.id, outcome: .refused, body: Array(#"{"code":"soldOut"}"#.utf8))
        try await consumer.settle(
            batch, [.done(replies: [ReplyMessage(to: try #require(ReplyAddress("web-1")), reply)])])

        #expect(try await stage.length(inbox) == 0)
        #expect(try await stage.pending(inbox, group).isEmpty)
        let replies = stage.keys.replies("web-1")
        let fields = try #require(try await stage.entries(replies).first)
        #expect(fields.all.map { String(decoding: $0.name, as: UTF8.self) } == ["to", "id", "outcome", "body"])
        #expect(fields.text("id") == command.id.description && fields.text("outcome") == "refused")
        let ttl = try #require(try await stage.redis.send(RedisCommand("PTTL", replies)).int)
        #expect(1...60_000 ~= ttl)
        try await stage.close()
    }

    @Test func `events come before commands, are acked and stay`() async throws {
        let (event, command) = (Stage.event(), Stage.command())
        try await stage.enqueue(command)
        try await stage.announce(event, of: .users, as: 41)
        let consumer = try stage.consumer()
        let batch = try await stage.next(consumer)
        #expect(batch.entries.map(\.content) == [.event(event, from: .users), .command(command)])
        try await consumer.settle(batch, [.done, .done])
        #expect(try await stage.length(stage.keys.events(.users)) == 1)
        #expect(try await stage.pending(stage.keys.events(.users), group).isEmpty)
        try await stage.close()
    }

    @Test func `a batch has its limit, and the rest waits`() async throws {
        var settings = Stage.eager
        settings.batchSize = 3
        for _ in 0..<5 { try await stage.enqueue() }
        let consumer = try stage.consumer(Stage.service, settings)
        var sizes: [Int] = []
        for _ in 0..<2 {
            let batch = try await stage.next(consumer)
            sizes.append(batch.entries.count)
            try await consumer.settle(batch, batch.entries.map { _ in .done })
        }
        #expect(sizes == [3, 2])
        try await stage.close()
    }

    // MARK: Vanishing and claiming

    @Test func `what a vanished consumer held is claimed`() async throws {
        try await stage.enqueue()
        let (vanished, heir) = (try stage.consumer(), try stage.consumer())
        let before = try await stage.next(vanished)
        #expect(try await heir.next() == nil)
        try await stage.age(vanished, inbox)
        let after = try await stage.next(heir)
        #expect(after.commandIDs == before.commandIDs)
        #expect(after.entries.map(\.deliveries) == [2])
        #expect(try await stage.pending(inbox, group).map(\.consumer) == [heir.name])
        try await stage.close()
    }

    @Test func `a taken entry is not put off by the one it was taken from`() async throws {
        let id = try await stage.enqueue()
        let consumer = try stage.consumer()
        let batch = try await stage.next(consumer)
        _ = try await stage.redis.send(RedisCommand("XCLAIM", inbox, group, "thief", 0, id.description))
        try await consumer.settle(batch, [.putOff(after: .zero, reason: "behind")])
        #expect(try await stage.pending(inbox, group).map(\.consumer) == ["thief"])
        #expect(try await stage.members(stage.keys.later(Stage.service)).isEmpty)
        try await stage.close()
    }

    @Test func `twice delivered without an answer, it runs alone; too often, it is dead`() async throws {
        try await stage.enqueue(Stage.command("Killer"))
        var settings = Stage.eager
        settings.failuresUntilDead = 2
        var seen: [(deliveries: Int, alone: Bool)] = []
        for _ in 0..<4 {
            let victim = try stage.consumer(Stage.service, settings)
            try await stage.enqueue(Stage.command("Bystander"))
            var settled = false
            var killed = false
            // Its bystander may come with it, before it or after it.
            while !(settled && killed) {
                let batch = try await stage.next(victim)
                if let killer = batch.entries.first(where: { $0.type == "Killer" }) {
                    seen.append((killer.deliveries, batch.isAlone))
                    killed = true
                }
                if batch.entries.contains(where: { $0.type == "Bystander" }) {
                    try await victim.settle(
                        Batch(entries: batch.entries.filter { $0.type == "Bystander" }), [.done])
                    settled = true
                }
            }
            try await stage.age(victim, inbox)
        }
        #expect(seen.map(\.deliveries) == [1, 2, 3, 4])
        #expect(seen.map(\.alone).suffix(2) == [true, true])
        let last = try stage.consumer(Stage.service, settings)
        while try await stage.length(stage.keys.dead(Stage.service)) == 0 { _ = try await last.next() }
        let dead = try #require(try await stage.entries(stage.keys.dead(Stage.service)).first)
        #expect(dead.text("error")?.contains("4 workers ended") == true)
        #expect(try await stage.length(inbox) == 0)
        try await stage.close()
    }

    @Test func `an entry deleted while pending is nobody's work`() async throws {
        let id = try await stage.enqueue()
        let (vanished, heir) = (try stage.consumer(), try stage.consumer())
        _ = try await stage.next(vanished)
        _ = try await stage.redis.send(RedisCommand("XDEL", inbox, id.description))
        try await stage.age(vanished, inbox)
        _ = try await heir.next()
        #expect(try await heir.next() == nil)
        #expect(try await stage.pending(inbox, group).isEmpty)
        try await stage.close()
    }

    @Test func `after Redis lost its data the groups begin again`() async throws {
        let consumer = try stage.consumer()
        try await stage.enqueue()
        let before = try await stage.next(consumer)
        _ = try await stage.redis.send(RedisCommand("DEL", inbox))
        try await consumer.settle(before, [.done])
        let command = Stage.command()
        try await stage.enqueue(command)
        #expect(try await stage.next(consumer).commandIDs == [command.id])
        try await stage.close()
    }

    // MARK: Running and ending

    @Test func `a batch whose database is away is tried again, and nobody is blamed`() async throws {
        let command = Stage.command()
        try await stage.enqueue(command)
        let consumer = try stage.consumer()
        struct Away: Error {}
        let tries = Mutex<[Batch]>([])
        let run = Task {
            await consumer.run { batch in
                let count = tries.withLock { tries in
                    tries.append(batch)
                    return tries.count
                }
                if count < 4 { throw Away() }
                consumer.stop()
                return batch.entries.map { _ in .done }
            }
        }
        await run.value
        let seen = tries.withLock { $0 }
        #expect(seen.map(\.commandIDs) == Array(repeating: [command.id], count: 4))
        #expect(seen.allSatisfy { $0.entries[0].deliveries == 1 })
        #expect(try await stage.length(inbox) == 0)
        try await stage.close()
    }

    @Test func `a worker shows itself while it works, and not after`() async throws {
        try await stage.enqueue()
        let consumer = try stage.consumer()
        let key = stage.keys.worker(consumer.name)
        let redis = stage.redis
        let shown = Mutex<RedisValue?>(nil)
        await consumer.run { batch in
            let reply = try await redis.send(RedisCommand("HGETALL", key))
            shown.withLock { $0 = reply }
            consumer.stop()
            return batch.entries.map { _ in .done }
        }
        let map = try StreamReply.map(try #require(shown.withLock { $0 }), "HGETALL")
        #expect(map["pool"]?.string == group)
        #expect(Set(map.keys) == ["pool", "since", "batch", "done"])
        #expect(try await redis.send(RedisCommand("EXISTS", key)).int == 0)
        try await stage.close()
    }

    @Test func `what is left at the end is claimable at once, and does not count as delivered`() async throws {
        var settings = Stage.eager
        settings.batchSize = 1
        let consumer = try stage.consumer(Stage.service, settings)
        for _ in 0..<3 { try await stage.enqueue() }
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
        var eager = Stage.eager
        eager.claimIdle = .seconds(3600)
        let heir = try stage.consumer(Stage.service, eager)
        var deliveries: [Int] = []
        while deliveries.count < 3 { deliveries += try await stage.next(heir).entries.map(\.deliveries) }
        #expect(deliveries == [1, 1, 1])
        try await stage.close()
    }

    @Test func `what waits behind the batch in hand is given to others as soon as a worker is asked to end`()
        async throws
    {
        var settings = Stage.eager
        settings.batchSize = 1
        settings.batchesInFlight = 1
        try await stage.announce(Stage.event(), of: .users, as: 1)
        try await stage.announce(Stage.event(), of: .orders, as: 1)
        let command = try await stage.enqueue()
        let consumer = try stage.consumer(Stage.service, settings)
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
        let heir = try stage.consumer()
        var entries: [StreamEntry] = []
        while entries.count < 2 { entries += try await stage.next(heir).entries }
        #expect(entries.map(\.source) == [.events(.orders), .commands(.tickets)])
        #expect(entries.map(\.streamID) == [StreamID(outbox: 1), command])
        #expect(entries.map(\.deliveries) == [1, 1])
        // The batch in hand is finished.
        #expect(try await stage.pending(stage.keys.events(.users), group).map(\.consumer) == [consumer.name])
        ending.continuation.finish()
        await run.value
        #expect(try await stage.pending(stage.keys.events(.users), group).isEmpty)
        try await stage.close()
    }

    @Test func `what was handled is settled when Redis is back`() async throws {
        let own = try await OwnRedis.start()
        let stage = try Stage(own: own)
        try await stage.enqueue()
        let consumer = try stage.consumer()
        let batch = try await stage.next(consumer)
        try await own.kill()
        async let settled: Void = consumer.settle(batch, [.done])
        try await own.restart()
        try await settled
        #expect(try await stage.length(inbox(of: stage)) == 0)
        #expect(try await stage.pending(inbox(of: stage), group).isEmpty)
        await stage.redis.close()
    }

    @Test func `what was handled is settled when Redis takes writes again`() async throws {
        let own = try await OwnRedis.start()
        let stage = try Stage(own: own)
        try await stage.enqueue()
        let consumer = try stage.consumer()
        let batch = try await stage.next(consumer)
        let redis = stage.redis
        // Of a master that is away: it answers, and refuses every write.
        _ = try await redis.send(RedisCommand("REPLICAOF", "127.0.0.1", try await FreePort.find()))
        async let settled: Void = consumer.settle(batch, [.done])
        try await eventually("it was refused more than once") {
            try await stage.refusals("READONLY") > 4
        }
        _ = try await redis.send(RedisCommand("REPLICAOF", "NO", "ONE"))
        try await settled
        #expect(try await stage.length(inbox(of: stage)) == 0)
        #expect(try await stage.pending(inbox(of: stage), group).isEmpty)
        await redis.close()
    }

    private func inbox(of stage: Stage) -> String { stage.keys.commands(Stage.service) }

    @Test func `a consumer that has nothing left is forgotten`() async throws {
        let consumer = try stage.consumer()
        _ = try await consumer.next()
        await consumer.handBack()
        for source in consumer.sources {
            let reply = try await stage.redis.send(RedisCommand("XINFO", "CONSUMERS", source.key(stage.keys), group))
            #expect(reply == .array([]))
        }
        try await stage.close()
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
