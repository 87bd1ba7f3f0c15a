import Marketplace
import RedisClient
import Support
import Testing

@testable import Streams

@Suite(.timeLimit(.minutes(1)))
struct DeferredEntriesTests {
    private let harness: ConsumerHarness
    private let commandStream: String
    private let deferred: String
    private let deadLetters: String
    private let group = ConsumerHarness.service.rawValue

    init() throws {
        harness = try ConsumerHarness()
        commandStream = harness.keys.commands(ConsumerHarness.service)
        deferred = harness.keys.deferred(ConsumerHarness.service)
        deadLetters = harness.keys.deadLetters(ConsumerHarness.service)
    }

    @Test func `a deferred command blocks no other, and comes back unchanged`() async throws {
        let (early, next) = (ConsumerHarness.command(body: #"{"text":"a\"ü\\ \u0000"}"#), ConsumerHarness.command())
        let id = try await harness.enqueue(early)
        let consumer = try harness.consumer()
        try await consumer.settle(
            try await harness.next(consumer), [.deferred(after: .seconds(3600), reason: "copy behind")])
        #expect(try await harness.length(commandStream) == 0)
        #expect(try await harness.pending(commandStream, group).isEmpty)
        #expect(try await harness.members(deferred).first?.contains(early.id.description) == true)

        try await harness.enqueue(next)
        let batch = try await harness.next(consumer)
        #expect(batch.commandIDs == [next.id])
        try await consumer.settle(batch, [.done])
        #expect(try await consumer.next() == nil)

        try await harness.makeDue()
        let back = try #require(try await harness.next(consumer).entries.first)
        #expect(back.content == .command(early))
        #expect(back.failures == 0 && !back.isSuspect)
        #expect(back.origin == StreamEntry.Origin(source: .commands(ConsumerHarness.service), id: id))
        #expect(back.history.count == 1 && back.history[0].hasSuffix("\(consumer.name): copy behind"))
        #expect(try await harness.members(deferred).isEmpty)
        try await harness.close()
    }

    @Test func `a deferred entry comes back when it is due by Redis's clock, although no poll is due`() async throws {
        var settings = ConsumerSettings()
        // Only the known due time can wake the consumer in time.
        (settings.blockTimeout, settings.dueInterval, settings.claimInterval) = (
            .seconds(30), .seconds(30), .seconds(30)
        )
        let consumer = try harness.consumer(ConsumerHarness.service, settings)
        try await harness.enqueue()
        try await consumer.settle(
            try await harness.next(consumer), [.deferred(after: .milliseconds(30), reason: "behind")])
        let clock = ContinuousClock()
        let took = try await clock.measure { _ = try await harness.next(consumer) }
        #expect(took < .seconds(5))
        try await harness.close()
    }

    @Test func `a deferred event holds back its source's low-water mark until it is settled`() async throws {
        let users = EventStream(service: .users, redis: harness.redis, keys: harness.keys)
        let events = [ConsumerHarness.event(), ConsumerHarness.event(), ConsumerHarness.event()]
        for (index, event) in events.enumerated() {
            try await harness.publish(event, of: .users, as: UInt64(10 + index))
        }
        let consumer = try harness.consumer()
        #expect(try await users.lowWaterMark(groups: [ConsumerHarness.service]).settled == .zero)
        let batch = try await harness.next(consumer)
        #expect(try await users.lowWaterMark(groups: [ConsumerHarness.service]).settled.outboxID == 9)
        try await consumer.settle(batch, [.done, .deferred(after: .seconds(3600), reason: "behind"), .done])
        #expect(try await harness.pending(harness.keys.events(.users), group).isEmpty)
        #expect(try await users.lowWaterMark(groups: [ConsumerHarness.service]).settled.outboxID == 10)
        #expect(try await users.lowWaterMark(groups: [ConsumerHarness.service]).read.outboxID == 12)
        #expect(try await harness.members(harness.keys.deferred(ConsumerHarness.service, from: .users)) == ["11-0"])

        try await harness.makeDue()
        let back = try await harness.next(consumer)
        #expect(back.entries.map(\.content) == [.event(events[1], from: .users)])
        #expect(back.entries[0].source == .commands(ConsumerHarness.service))
        #expect(try await users.lowWaterMark(groups: [ConsumerHarness.service]).settled.outboxID == 10)

        // The event is deferred once more, and still holds back the mark.
        try await consumer.settle(back, [.deferred(after: .zero, reason: "still behind")])
        #expect(try await users.lowWaterMark(groups: [ConsumerHarness.service]).settled.outboxID == 10)
        try await harness.makeDue()
        let again = try await harness.next(consumer)
        #expect(again.entries[0].history.count == 2)
        try await consumer.settle(again, [.done])
        #expect(try await users.lowWaterMark(groups: [ConsumerHarness.service]).settled.outboxID == 12)
        #expect(try await harness.members(harness.keys.deferred(ConsumerHarness.service, from: .users)).isEmpty)
        #expect(try await harness.length(commandStream) == 0)
        try await harness.close()
    }

    @Test func `a worker that dies between deferring an event and acknowledging it loses nothing`() async throws {
        let users = EventStream(service: .users, redis: harness.redis, keys: harness.keys)
        let event = ConsumerHarness.event()
        try await harness.publish(event, of: .users, as: 5)
        let (victim, heir) = (try harness.consumer(), try harness.consumer())
        let settlement = Settlement(
            of: try await harness.next(victim), outcomes: [.deferred(after: .seconds(3600), reason: "behind")],
            service: ConsumerHarness.service, consumer: victim.name, keys: harness.keys,
            settings: ConsumerHarness.eager, now: .now())
        _ = try await harness.redis.pipeline(settlement.steps)
        // The event now exists twice: as a pending entry and as a deferred one. Each is handled, and the low-water mark
        // waits for the second.
        try await harness.makeIdle(victim, harness.keys.events(.users))
        let claimed = try await harness.next(heir)
        #expect(claimed.entries.map(\.content) == [.event(event, from: .users)])
        try await heir.settle(claimed, [.done])
        #expect(try await users.lowWaterMark(groups: [ConsumerHarness.service]).settled.outboxID == 4)
        try await harness.makeDue()
        let back = try await harness.next(heir)
        #expect(back.entries.map(\.content) == [.event(event, from: .users)])
        try await heir.settle(back, [.done])
        #expect(try await users.lowWaterMark(groups: [ConsumerHarness.service]).settled.outboxID == 5)
        try await harness.close()
    }

    @Test func `a failure in a batch is not counted, and failures alone lead to a dead letter`() async throws {
        let (poison, other) = (ConsumerHarness.command("Poison", body: #"{"p":true}"#), ConsumerHarness.command())
        let id = try await harness.enqueue(poison)
        try await harness.enqueue(other)
        let consumer = try harness.consumer()
        let batch = try await harness.next(consumer)
        #expect(batch.entries.count == 2)
        try await consumer.settle(batch, [.failed(reason: "first"), .done])

        for failures in 0..<5 {
            // No other command comes in the same batch as a suspect.
            try await harness.enqueue(ConsumerHarness.command("Other"))
            try await harness.makeDue()
            var alone: Batch?
            while alone == nil {
                let batch = try await harness.next(consumer)
                if batch.commandIDs == [poison.id] {
                    alone = batch
                } else {
                    #expect(!batch.commandIDs.contains(poison.id))
                    try await consumer.settle(batch, batch.entries.map { _ in .done })
                }
            }
            let suspect = try #require(alone)
            #expect(suspect.isAlone && suspect.entries[0].isSuspect && suspect.entries[0].failures == failures)
            #expect(try await harness.length(deadLetters) == 0)
            try await consumer.settle(suspect, [.failed(reason: "alone \(failures)")])
        }
        #expect(try await harness.members(deferred).isEmpty)
        #expect(try await harness.length(commandStream) == 0)
        let letter = try #require(
            try await DeadLetters(service: ConsumerHarness.service, redis: harness.redis, keys: harness.keys).list()
                .first)
        #expect(try CommandEnvelope(letter.fields) == poison)
        #expect(letter.fields.text("error") == "alone 4")
        #expect(letter.fields.text("failures") == "5")
        #expect(letter.fields.text("origin") == "commands:tickets:\(id)")
        #expect(letter.fields.text("history")?.split(separator: "\n").count == History.maximumLines)
        try await harness.close()
    }

    @Test func `the delay grows with each failure`() {
        let entry = StreamEntry(
            source: .commands(.listings), streamID: .zero, content: .command(ConsumerHarness.command()), deliveries: 1,
            failures: 3,
            history: [], origin: nil, isSuspect: true, isSuspectedKiller: false, fields: StreamFields())
        let settlement = Settlement(
            of: Batch(entries: [entry]), outcomes: [.failed(reason: "x")], service: .listings, consumer: "c",
            keys: Keys(), settings: ConsumerSettings(), now: Timestamp(milliseconds: 0))
        #expect(settlement.soonestDue == .seconds(4))
    }

    @Test func `a malformed entry becomes a dead letter at once, and its sender gets a reply`() async throws {
        let id = CommandID.new()
        try await harness.add(
            ["id", id.description, "type", "CreateTicket", "reply", "web-1", "extra", "kept", "body", "{"],
            to: commandStream)
        try await harness.add(["no", "sense"], to: commandStream)
        let good = ConsumerHarness.command()
        try await harness.enqueue(good)
        let consumer = try harness.consumer()
        let batch = try await harness.next(consumer)
        guard case .malformed(let reason, let fields) = batch.entries[0].content else {
            Issue.record("\(batch.entries[0].content)")
            return
        }
        #expect(reason.contains("`v`") && fields.text("extra") == "kept")
        let sender = try #require(batch.entries[0].replyTo)
        #expect(sender.id == id && batch.entries[1].replyTo == nil)
        let refusal = ReplyMessage(
            to: sender.address, Reply(id: sender.id, outcome: .refused, body: Array("{}".utf8)))
        // The second becomes a dead letter, whatever its outcome is.
        try await consumer.settle(
            batch, [.deadLetter(reason: reason, replies: [refusal]), .failed(reason: "?"), .done])
        #expect(try await harness.length(commandStream) == 0)
        let letters = try await harness.entries(deadLetters)
        #expect(letters.map { $0.text("extra") } == ["kept", nil])
        #expect(letters.allSatisfy { $0.text("error")?.hasPrefix("malformed: the field") == true })
        #expect(try await harness.entries(harness.keys.replies("web-1")).first?.text("id") == id.description)
        try await harness.close()
    }

    @Test func `an event that becomes a dead letter stays in its stream for the other followers`() async throws {
        let event = ConsumerHarness.event()
        try await harness.publish(event, of: .users, as: 5)
        let consumer = try harness.consumer()
        try await consumer.settle(try await harness.next(consumer), [.deadLetter(reason: "no use")])
        #expect(try await harness.pending(harness.keys.events(.users), group).isEmpty)
        #expect(try await harness.length(harness.keys.events(.users)) == 1)
        let letters = DeadLetters(service: ConsumerHarness.service, redis: harness.redis, keys: harness.keys)
        let letter = try #require(try await letters.list().first)
        #expect(letter.fields.text("origin") == "events:users:5-0")

        #expect(try await letters.retry(letter.id) != nil)
        let back = try await harness.next(consumer)
        #expect(back.entries.map(\.content) == [.event(event, from: .users)])
        #expect(back.entries[0].failures == 0 && !back.entries[0].isSuspect)
        #expect(try await letters.count() == 0)
        try await harness.close()
    }

    @Test func `a deferred event that becomes a dead letter releases the low-water mark`() async throws {
        let users = EventStream(service: .users, redis: harness.redis, keys: harness.keys)
        try await harness.publish(ConsumerHarness.event(), of: .users, as: 5)
        let consumer = try harness.consumer()
        try await consumer.settle(try await harness.next(consumer), [.deferred(after: .zero, reason: "behind")])
        try await harness.makeDue()
        let back = try await harness.next(consumer)
        #expect(try await users.lowWaterMark(groups: [ConsumerHarness.service]).settled.outboxID == 4)
        try await consumer.settle(back, [.deadLetter(reason: "no use")])
        #expect(try await users.lowWaterMark(groups: [ConsumerHarness.service]).settled.outboxID == 5)
        #expect(try await harness.length(deadLetters) == 1)
        try await harness.close()
    }

    @Test func `a worker may die between any two steps of settling without leaving anything behind`() async throws {
        let outcomes: [EntryOutcome] = [.done, .deadLetter(reason: "no use")]
        for outcome in outcomes {
            var cut = 0
            var isWhole = false
            while !isWhole {
                let harness = try ConsumerHarness()
                let (commandStream, events) = (
                    harness.keys.commands(ConsumerHarness.service), harness.keys.events(.users)
                )
                try await harness.publish(ConsumerHarness.event(), of: .users, as: 5)
                let (victim, heir) = (try harness.consumer(), try harness.consumer())
                try await victim.settle(try await harness.next(victim), [.deferred(after: .zero, reason: "behind")])
                try await harness.publish(ConsumerHarness.event(), of: .users, as: 6)
                try await harness.makeDue()
                var entries: [StreamEntry] = []
                while entries.count < 2 { entries += try await harness.next(victim).entries }
                #expect(Set(entries.map(\.source)) == [.commands(ConsumerHarness.service), .events(.users)])
                let settlement = Settlement(
                    of: Batch(entries: entries), outcomes: entries.map { _ in outcome },
                    service: ConsumerHarness.service,
                    consumer: victim.name, keys: harness.keys, settings: ConsumerHarness.eager, now: .now())
                let steps = settlement.steps + settlement.followUps.map { .command($0.command) }
                for step in steps.prefix(cut) { _ = try await harness.redis.pipeline([step]) }
                isWhole = cut == steps.count
                cut += 1

                for key in [commandStream, events] { try await harness.makeIdle(victim, key) }
                var pending = 1
                while pending > 0 {
                    if let batch = try await heir.next() {
                        try await heir.settle(batch, batch.entries.map { _ in outcome })
                    }
                    pending = try await harness.pending(commandStream, group).count
                    pending += try await harness.pending(events, group).count
                }
                #expect(try await harness.length(commandStream) == 0)
                #expect(try await harness.members(harness.keys.deferred(ConsumerHarness.service)).isEmpty)
                #expect(try await harness.members(harness.keys.deferred(ConsumerHarness.service, from: .users)).isEmpty)
                try await harness.close()
            }
            #expect(cut > 3)
        }
    }

    @Test func `a dead letter can be retried or removed`() async throws {
        let command = ConsumerHarness.command()
        try await harness.enqueue(command)
        try await harness.enqueue()
        let consumer = try harness.consumer()
        try await consumer.settle(
            try await harness.next(consumer), [.deadLetter(reason: "a"), .deadLetter(reason: "b")])
        let letters = DeadLetters(service: ConsumerHarness.service, redis: harness.redis, keys: harness.keys)
        let list = try await letters.list()
        #expect(list.map { $0.fields.text("error") } == ["a", "b"])
        #expect(try await letters.list(after: list[0].id).count == 1)
        #expect(try await letters.retry(list[0].id) != nil)
        #expect(try await letters.retry(list[0].id) == nil)
        #expect(try await letters.remove(list[1].id))
        #expect(try await letters.remove(list[1].id) == false)
        #expect(try await harness.next(consumer).entries.map(\.content) == [.command(command)])
        try await harness.close()
    }

    @Test func `entries are handled if possible while Redis is out of memory, and the others are kept`() async throws {
        let own = try await RedisServer.start()
        defer { withExtendedLifetime(own) {} }
        let harness = try ConsumerHarness(own: own)
        let consumer = try harness.consumer()
        let (early, waiting, late) = (
            ConsumerHarness.command(), ConsumerHarness.command(), ConsumerHarness.command(reply: "web-1")
        )
        try await harness.enqueue(early)
        try await consumer.settle(try await harness.next(consumer), [.deferred(after: .zero, reason: "behind")])
        for command in [waiting, late] { try await harness.enqueue(command) }

        try await own.command("CONFIG", "SET", "maxmemory", "1")
        let batch = try await harness.next(consumer)
        #expect(batch.commandIDs == [waiting.id, late.id])
        let reply = Reply(id: late.id, outcome: .done, body: Array("{}".utf8))
        try await consumer.settle(
            batch,
            [
                .deferred(after: .zero, reason: "behind"),
                .done(replies: [ReplyMessage(to: try #require(ReplyAddress("web-1")), reply)]),
            ])
        // Redis had no memory to defer the entry, so it is still pending.
        #expect(try await harness.pending(commandStream(of: harness), group).count == 1)
        #expect(try await harness.length(commandStream(of: harness)) == 1)

        try await own.command("CONFIG", "SET", "maxmemory", "0")
        try await harness.makeIdle(consumer, commandStream(of: harness))
        var back: Set<CommandID> = []
        while back.count < 2 { back.formUnion(try await harness.next(consumer).commandIDs) }
        #expect(back == [early.id, waiting.id])
        await harness.redis.close()
    }

    @Test func `an entry that cannot be deferred for lack of memory does not count as delivered`() async throws {
        let own = try await RedisServer.start()
        defer { withExtendedLifetime(own) {} }
        let harness = try ConsumerHarness(own: own)
        var settings = ConsumerHarness.eager
        settings.outOfMemoryPause = settings.claimIdle
        let consumer = try harness.consumer(ConsumerHarness.service, settings)
        try await harness.publish(ConsumerHarness.event(), of: .users, as: 7)
        try await harness.enqueue()
        let first = try await harness.next(consumer)
        #expect(first.entries.map(\.deliveries) == [1, 1])
        try await own.command("CONFIG", "SET", "maxmemory", "1")
        var batch = first
        for outcome in [
            EntryOutcome.deferred(after: .zero, reason: "behind"), .failed(reason: "odd"), .deadLetter(reason: "bad"),
        ] {
            try await consumer.settle(batch, batch.entries.map { _ in outcome })
            for key in [harness.keys.events(.users), commandStream(of: harness)] {
                let pending = try await harness.redis.send(RedisCommand("XPENDING", key, group, "-", "+", 10))
                #expect(pending.array?.map { $0.array?[3].int } == [0])
                try await harness.makeIdle(consumer, key)
            }
            batch = try await harness.next(consumer)
            #expect(batch.entries.map(\.streamID) == first.entries.map(\.streamID))
            #expect(batch.entries.map(\.deliveries) == [1, 1])
        }
        await harness.redis.close()
    }

    private func commandStream(of harness: ConsumerHarness) -> String { harness.keys.commands(ConsumerHarness.service) }

    @Test func `an entry added by hand to the deferred ones blocks nothing`() async throws {
        let consumer = try harness.consumer()
        for (score, member) in ["garbage", "[]", #"["odd"]"#, #"{"a":"b"}"#, #"["a",["b"]]"#].enumerated() {
            _ = try await harness.redis.send(RedisCommand("ZADD", deferred, score, member))
        }
        try await harness.enqueue()
        try await consumer.settle(try await harness.next(consumer), [.deferred(after: .zero, reason: "behind")])
        try await harness.makeDue()
        #expect(try await harness.next(consumer).commandIDs.count == 1)
        let letters = try await harness.entries(deadLetters)
        #expect(letters.compactMap { $0.text("body") }.contains("garbage"))
        #expect(letters.count == 5)
        try await harness.close()
    }
}
