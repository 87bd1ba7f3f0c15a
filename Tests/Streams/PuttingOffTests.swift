import Marketplace
import RedisClient
import Support
import Testing

@testable import Streams

@Suite(.timeLimit(.minutes(1)))
struct PuttingOffTests {
    private let stage: Stage
    private let inbox: String
    private let later: String
    private let dead: String
    private let group = Stage.service.rawValue

    init() throws {
        stage = try Stage()
        inbox = stage.keys.commands(Stage.service)
        later = stage.keys.later(Stage.service)
        dead = stage.keys.dead(Stage.service)
    }

    @Test func `a command that is put off blocks nobody, and comes back as it was`() async throws {
        let (early, next) = (Stage.command(body: #"{"text":"a\"ü\\ \u0000"}"#), Stage.command())
        let id = try await stage.enqueue(early)
        let consumer = try stage.consumer()
        try await consumer.settle(
            try await stage.next(consumer), [.putOff(after: .seconds(3600), reason: "copy behind")])
        #expect(try await stage.length(inbox) == 0)
        #expect(try await stage.pending(inbox, group).isEmpty)
        #expect(try await stage.members(later).first?.contains(early.id.description) == true)

        try await stage.enqueue(next)
        let batch = try await stage.next(consumer)
        #expect(batch.commandIDs == [next.id])
        try await consumer.settle(batch, [.done])
        #expect(try await consumer.next() == nil)

        try await stage.makeDue()
        let back = try #require(try await stage.next(consumer).entries.first)
        #expect(back.content == .command(early))
        #expect(back.failures == 0 && !back.isSuspect)
        #expect(back.origin == StreamEntry.Origin(source: .commands(Stage.service), id: id))
        #expect(back.history.count == 1 && back.history[0].hasSuffix("\(consumer.name): copy behind"))
        #expect(try await stage.members(later).isEmpty)
        try await stage.close()
    }

    @Test func `it comes back when it is due, by Redis's clock, though all else is asleep`() async throws {
        var settings = ConsumerSettings()
        // Nothing but the known due time can wake it in time.
        (settings.block, settings.dueInterval, settings.claimInterval) = (.seconds(30), .seconds(30), .seconds(30))
        let consumer = try stage.consumer(Stage.service, settings)
        try await stage.enqueue()
        try await consumer.settle(try await stage.next(consumer), [.putOff(after: .milliseconds(30), reason: "behind")])
        let clock = ContinuousClock()
        let took = try await clock.measure { _ = try await stage.next(consumer) }
        #expect(took < .seconds(5))
        try await stage.close()
    }

    @Test func `an event that is put off holds its source's low-water mark until it is settled`() async throws {
        let users = EventStream(service: .users, redis: stage.redis, keys: stage.keys)
        let events = [Stage.event(), Stage.event(), Stage.event()]
        for (index, event) in events.enumerated() {
            try await stage.announce(event, of: .users, as: UInt64(10 + index))
        }
        let consumer = try stage.consumer()
        #expect(try await users.lowWater(groups: [Stage.service]).settled == .zero)
        let batch = try await stage.next(consumer)
        #expect(try await users.lowWater(groups: [Stage.service]).settled.outboxID == 9)
        try await consumer.settle(batch, [.done, .putOff(after: .seconds(3600), reason: "behind"), .done])
        #expect(try await stage.pending(stage.keys.events(.users), group).isEmpty)
        #expect(try await users.lowWater(groups: [Stage.service]).settled.outboxID == 10)
        #expect(try await users.lowWater(groups: [Stage.service]).read.outboxID == 12)
        #expect(try await stage.members(stage.keys.later(Stage.service, from: .users)) == ["11-0"])

        try await stage.makeDue()
        let back = try await stage.next(consumer)
        #expect(back.entries.map(\.content) == [.event(events[1], from: .users)])
        #expect(back.entries[0].source == .commands(Stage.service))
        #expect(try await users.lowWater(groups: [Stage.service]).settled.outboxID == 10)

        // Put off once more, it still holds the mark.
        try await consumer.settle(back, [.putOff(after: .zero, reason: "still behind")])
        #expect(try await users.lowWater(groups: [Stage.service]).settled.outboxID == 10)
        try await stage.makeDue()
        let again = try await stage.next(consumer)
        #expect(again.entries[0].history.count == 2)
        try await consumer.settle(again, [.done])
        #expect(try await users.lowWater(groups: [Stage.service]).settled.outboxID == 12)
        #expect(try await stage.members(stage.keys.later(Stage.service, from: .users)).isEmpty)
        #expect(try await stage.length(inbox) == 0)
        try await stage.close()
    }

    @Test func `a worker that dies between putting an event off and its ack loses nothing`() async throws {
        let users = EventStream(service: .users, redis: stage.redis, keys: stage.keys)
        let event = Stage.event()
        try await stage.announce(event, of: .users, as: 5)
        let (victim, heir) = (try stage.consumer(), try stage.consumer())
        let settlement = Settlement(
            of: try await stage.next(victim), outcomes: [.putOff(after: .seconds(3600), reason: "behind")],
            service: Stage.service, consumer: victim.name, keys: stage.keys, settings: Stage.eager, now: .now())
        _ = try await stage.redis.pipeline(settlement.steps)
        // Both copies are there; each is handled, and the mark waits for the last.
        try await stage.age(victim, stage.keys.events(.users))
        let claimed = try await stage.next(heir)
        #expect(claimed.entries.map(\.content) == [.event(event, from: .users)])
        try await heir.settle(claimed, [.done])
        #expect(try await users.lowWater(groups: [Stage.service]).settled.outboxID == 4)
        try await stage.makeDue()
        let back = try await stage.next(heir)
        #expect(back.entries.map(\.content) == [.event(event, from: .users)])
        try await heir.settle(back, [.done])
        #expect(try await users.lowWater(groups: [Stage.service]).settled.outboxID == 5)
        try await stage.close()
    }

    @Test func `failing in company is nobody's fault, failing alone counts until it is dead`() async throws {
        let (poison, other) = (Stage.command("Poison", body: #"{"p":true}"#), Stage.command())
        let id = try await stage.enqueue(poison)
        try await stage.enqueue(other)
        let consumer = try stage.consumer()
        let batch = try await stage.next(consumer)
        #expect(batch.entries.count == 2)
        try await consumer.settle(batch, [.failed(reason: "first"), .done])

        for failures in 0..<5 {
            // Company must not come with a suspect.
            try await stage.enqueue(Stage.command("Company"))
            try await stage.makeDue()
            var alone: Batch?
            while alone == nil {
                let batch = try await stage.next(consumer)
                if batch.commandIDs == [poison.id] {
                    alone = batch
                } else {
                    #expect(!batch.commandIDs.contains(poison.id))
                    try await consumer.settle(batch, batch.entries.map { _ in .done })
                }
            }
            let suspect = try #require(alone)
            #expect(suspect.isAlone && suspect.entries[0].isSuspect && suspect.entries[0].failures == failures)
            #expect(try await stage.length(dead) == 0)
            try await consumer.settle(suspect, [.failed(reason: "alone \(failures)")])
        }
        #expect(try await stage.members(later).isEmpty)
        #expect(try await stage.length(inbox) == 0)
        let letter = try #require(
            try await DeadLetters(service: Stage.service, redis: stage.redis, keys: stage.keys).list().first)
        #expect(try CommandEnvelope(letter.fields) == poison)
        #expect(letter.fields.text("error") == "alone 4")
        #expect(letter.fields.text("failures") == "5")
        #expect(letter.fields.text("origin") == "commands:tickets:\(id)")
        #expect(letter.fields.text("history")?.split(separator: "\n").count == History.maximumLines)
        try await stage.close()
    }

    @Test func `a pause grows with each failure`() {
        let entry = StreamEntry(
            source: .commands(.tickets), streamID: .zero, content: .command(Stage.command()), deliveries: 1,
            failures: 3,
            history: [], origin: nil, isSuspect: true, fields: StreamFields())
        let settlement = Settlement(
            of: Batch(entries: [entry]), outcomes: [.failed(reason: "x")], service: .tickets, consumer: "c",
            keys: Keys(), settings: ConsumerSettings(), now: Timestamp(milliseconds: 0))
        #expect(settlement.soonestDue == .seconds(4))
    }

    @Test func `what nobody can read is dead at once, and its sender is told`() async throws {
        let id = CommandID.new()
        try await stage.add(
            ["id", id.description, "type", "CreateTicket", "reply", "web-1", "extra", "kept", "body", "{"], to: inbox)
        try await stage.add(["no", "sense"], to: inbox)
        let good = Stage.command()
        try await stage.enqueue(good)
        let consumer = try stage.consumer()
        let batch = try await stage.next(consumer)
        guard case .malformed(let reason, let fields) = batch.entries[0].content else {
            Issue.record("\(batch.entries[0].content)")
            return
        }
        #expect(reason.contains("`v`") && fields.text("extra") == "kept")
        let sender = try #require(batch.entries[0].replyTo)
        #expect(sender.id == id && batch.entries[1].replyTo == nil)
        let refusal = ReplyMessage(
            to: sender.address, Reply(id: sender.id, outcome: .refused, body: Array("{}".utf8)))
        // Whatever the handler says of the second, it is dead.
        try await consumer.settle(
            batch, [.dead(reason: reason, replies: [refusal]), .failed(reason: "?"), .done])
        #expect(try await stage.length(inbox) == 0)
        let letters = try await stage.entries(dead)
        #expect(letters.map { $0.text("extra") } == ["kept", nil])
        #expect(letters.allSatisfy { $0.text("error")?.hasPrefix("malformed: the field") == true })
        #expect(try await stage.entries(stage.keys.replies("web-1")).first?.text("id") == id.description)
        try await stage.close()
    }

    @Test func `an event that is given up on leaves its stream to the others`() async throws {
        let event = Stage.event()
        try await stage.announce(event, of: .users, as: 5)
        let consumer = try stage.consumer()
        try await consumer.settle(try await stage.next(consumer), [.dead(reason: "no use")])
        #expect(try await stage.pending(stage.keys.events(.users), group).isEmpty)
        #expect(try await stage.length(stage.keys.events(.users)) == 1)
        let letters = DeadLetters(service: Stage.service, redis: stage.redis, keys: stage.keys)
        let letter = try #require(try await letters.list().first)
        #expect(letter.fields.text("origin") == "events:users:5-0")

        #expect(try await letters.retry(letter.id) != nil)
        let back = try await stage.next(consumer)
        #expect(back.entries.map(\.content) == [.event(event, from: .users)])
        #expect(back.entries[0].failures == 0 && !back.entries[0].isSuspect)
        #expect(try await letters.count() == 0)
        try await stage.close()
    }

    @Test func `an event that dies after it came back lets go of the mark`() async throws {
        let users = EventStream(service: .users, redis: stage.redis, keys: stage.keys)
        try await stage.announce(Stage.event(), of: .users, as: 5)
        let consumer = try stage.consumer()
        try await consumer.settle(try await stage.next(consumer), [.putOff(after: .zero, reason: "behind")])
        try await stage.makeDue()
        let back = try await stage.next(consumer)
        #expect(try await users.lowWater(groups: [Stage.service]).settled.outboxID == 4)
        try await consumer.settle(back, [.dead(reason: "no use")])
        #expect(try await users.lowWater(groups: [Stage.service]).settled.outboxID == 5)
        #expect(try await stage.length(dead) == 1)
        try await stage.close()
    }

    @Test func `a worker may die between any two steps of settling, and nothing is left behind`() async throws {
        let outcomes: [Outcome] = [.done, .dead(reason: "no use")]
        for outcome in outcomes {
            var cut = 0
            var isWhole = false
            while !isWhole {
                let stage = try Stage()
                let (inbox, events) = (stage.keys.commands(Stage.service), stage.keys.events(.users))
                try await stage.announce(Stage.event(), of: .users, as: 5)
                let (victim, heir) = (try stage.consumer(), try stage.consumer())
                try await victim.settle(try await stage.next(victim), [.putOff(after: .zero, reason: "behind")])
                try await stage.announce(Stage.event(), of: .users, as: 6)
                try await stage.makeDue()
                var entries: [StreamEntry] = []
                while entries.count < 2 { entries += try await stage.next(victim).entries }
                #expect(Set(entries.map(\.source)) == [.commands(Stage.service), .events(.users)])
                let settlement = Settlement(
                    of: Batch(entries: entries), outcomes: entries.map { _ in outcome }, service: Stage.service,
                    consumer: victim.name, keys: stage.keys, settings: Stage.eager, now: .now())
                let steps = settlement.steps + settlement.followUps.map { .command($0.command) }
                for step in steps.prefix(cut) { _ = try await stage.redis.pipeline([step]) }
                isWhole = cut == steps.count
                cut += 1

                for key in [inbox, events] { try await stage.age(victim, key) }
                var pending = 1
                while pending > 0 {
                    if let batch = try await heir.next() {
                        try await heir.settle(batch, batch.entries.map { _ in outcome })
                    }
                    pending = try await stage.pending(inbox, group).count
                    pending += try await stage.pending(events, group).count
                }
                #expect(try await stage.length(inbox) == 0)
                #expect(try await stage.members(stage.keys.later(Stage.service)).isEmpty)
                #expect(try await stage.members(stage.keys.later(Stage.service, from: .users)).isEmpty)
                try await stage.close()
            }
            #expect(cut > 3)
        }
    }

    @Test func `a dead command can be mended, retried, or removed`() async throws {
        let command = Stage.command(body: #"{"wrong":1}"#)
        try await stage.enqueue(command)
        try await stage.enqueue()
        let consumer = try stage.consumer()
        try await consumer.settle(try await stage.next(consumer), [.dead(reason: "a"), .dead(reason: "b")])
        let letters = DeadLetters(service: Stage.service, redis: stage.redis, keys: stage.keys)
        let list = try await letters.list()
        #expect(list.map { $0.fields.text("error") } == ["a", "b"])
        #expect(try await letters.list(after: list[0].id).count == 1)
        #expect(try await letters.retry(list[0].id, body: Array(#"{"right":1}"#.utf8)) != nil)
        #expect(try await letters.retry(list[0].id) == nil)
        #expect(try await letters.remove(list[1].id))
        #expect(try await letters.remove(list[1].id) == false)
        var mended = command
        mended.body = Array(#"{"right":1}"#.utf8)
        #expect(try await stage.next(consumer).entries.map(\.content) == [.command(mended)])
        try await stage.close()
    }

    @Test func `out of memory, what can be handled still is, and the rest keeps`() async throws {
        let own = try await OwnRedis.start()
        defer { withExtendedLifetime(own) {} }
        let stage = try Stage(own: own)
        let consumer = try stage.consumer()
        let (early, unlucky, late) = (Stage.command(), Stage.command(), Stage.command(reply: "web-1"))
        try await stage.enqueue(early)
        try await consumer.settle(try await stage.next(consumer), [.putOff(after: .zero, reason: "behind")])
        for command in [unlucky, late] { try await stage.enqueue(command) }

        try await own.command("CONFIG", "SET", "maxmemory", "1")
        let batch = try await stage.next(consumer)
        #expect(batch.commandIDs == [unlucky.id, late.id])
        let reply = Reply(id: late.id, outcome: .done, body: Array("{}".utf8))
        try await consumer.settle(
            batch,
            [
                .putOff(after: .zero, reason: "behind"),
                .done(replies: [ReplyMessage(to: try #require(ReplyAddress("web-1")), reply)]),
            ])
        // There was no room to put it off, so it is still pending.
        #expect(try await stage.pending(inbox(of: stage), group).count == 1)
        #expect(try await stage.length(inbox(of: stage)) == 1)

        try await own.command("CONFIG", "SET", "maxmemory", "0")
        try await stage.age(consumer, inbox(of: stage))
        var back: Set<CommandID> = []
        while back.count < 2 { back.formUnion(try await stage.next(consumer).commandIDs) }
        #expect(back == [early.id, unlucky.id])
        await stage.redis.close()
    }

    /// However long Redis has no memory: what it could not put off has not been tried in vain.
    @Test func `what there was no memory to put off was not delivered`() async throws {
        let own = try await OwnRedis.start()
        defer { withExtendedLifetime(own) {} }
        let stage = try Stage(own: own)
        var settings = Stage.eager
        settings.memoryPause = settings.claimIdle
        let consumer = try stage.consumer(Stage.service, settings)
        try await stage.announce(Stage.event(), of: .users, as: 7)
        try await stage.enqueue()
        let first = try await stage.next(consumer)
        #expect(first.entries.map(\.deliveries) == [1, 1])
        try await own.command("CONFIG", "SET", "maxmemory", "1")
        var batch = first
        for outcome in [Outcome.putOff(after: .zero, reason: "behind"), .failed(reason: "odd"), .dead(reason: "bad")] {
            try await consumer.settle(batch, batch.entries.map { _ in outcome })
            for key in [stage.keys.events(.users), inbox(of: stage)] {
                let pending = try await stage.redis.send(RedisCommand("XPENDING", key, group, "-", "+", 10))
                #expect(pending.array?.map { $0.array?[3].int } == [0])
                try await stage.age(consumer, key)
            }
            batch = try await stage.next(consumer)
            #expect(batch.entries.map(\.streamID) == first.entries.map(\.streamID))
            #expect(batch.entries.map(\.deliveries) == [1, 1])
        }
        await stage.redis.close()
    }

    private func inbox(of stage: Stage) -> String { stage.keys.commands(Stage.service) }

    @Test func `what was written by hand among the put off stops nothing`() async throws {
        let consumer = try stage.consumer()
        for (score, member) in ["garbage", "[]", #"["odd"]"#, #"{"a":"b"}"#, #"["a",["b"]]"#].enumerated() {
            _ = try await stage.redis.send(RedisCommand("ZADD", later, score, member))
        }
        try await stage.enqueue()
        try await consumer.settle(try await stage.next(consumer), [.putOff(after: .zero, reason: "behind")])
        try await stage.makeDue()
        #expect(try await stage.next(consumer).commandIDs.count == 1)
        let letters = try await stage.entries(dead)
        #expect(letters.compactMap { $0.text("body") }.contains("garbage"))
        #expect(letters.count == 5)
        try await stage.close()
    }
}
