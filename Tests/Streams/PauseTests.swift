import Marketplace
import RedisClient
import Support
import Testing

@testable import Streams

@Suite(.timeLimit(.minutes(1)))
struct PauseTests {
    private let stage: Stage
    private let pauses: Pauses
    private let service = Stage.service

    init() throws {
        stage = try Stage()
        pauses = Pauses(redis: stage.redis, keys: stage.keys)
    }

    /// Asks each time it reads.
    private var attentive: ConsumerSettings {
        var settings = Stage.eager
        settings.pauseInterval = .zero
        return settings
    }

    @Test func `a paused pool takes nothing: neither new, nor left behind, nor due`() async throws {
        let (inbox, group) = (stage.keys.commands(service), service.rawValue)
        try await stage.enqueue()
        let killed = try stage.consumer()
        _ = try await stage.next(killed)
        try await stage.age(killed, inbox)
        let due = "[\"id\",\"x\"]"
        _ = try await stage.redis.send(RedisCommand("ZADD", stage.keys.later(service), 1, due))
        try await stage.enqueue()

        try await pauses.pause(service, by: "me", at: .now())
        let consumer = try stage.consumer(service, attentive)
        for _ in 0..<5 { #expect(try await consumer.next() == nil) }
        #expect(try await stage.pending(inbox, group).map(\.consumer) == [killed.name])
        #expect(try await stage.members(stage.keys.later(service)) == [due])
        #expect(try await stage.length(inbox) == 2)
        #expect(try await stage.redis.send(RedisCommand("EXISTS", stage.keys.worker(consumer.name))).int == 1)

        try await pauses.resume(service)
        var taken = 0
        while taken < 2 { taken += try await stage.next(consumer).commandIDs.count }
        #expect(try await stage.members(stage.keys.later(service)).isEmpty)
        try await stage.close()
    }

    @Test func `what it has in hand it finishes, and another pool goes on`() async throws {
        let first = Stage.command()
        try await stage.enqueue(first)
        let consumer = try stage.consumer(service, attentive)
        let batch = try await stage.next(consumer)
        try await pauses.pause(service, by: "me", at: .now())
        #expect(try await consumer.heartbeat().isEmpty)
        try await consumer.settle(batch, [.done])
        #expect(try await stage.length(stage.keys.commands(service)) == 0)

        try await stage.enqueue(to: .users)
        #expect(try await stage.next(try stage.consumer(.users, attentive)).entries.count == 1)
        try await stage.close()
    }

    @Test func `a consumer that runs notices both, and stops while it rests`() async throws {
        let consumer = try stage.consumer(service, attentive)
        try await pauses.pause(service, by: "me", at: .now())
        let running = Task { await consumer.run { batch in batch.entries.map { _ in .done } } }
        try await stage.enqueue()
        try await eventually("the worker shows that it lives") {
            try await stage.redis.send(RedisCommand("EXISTS", stage.keys.worker(consumer.name))).int == 1
        }
        #expect(try await stage.length(stage.keys.commands(service)) == 1)
        try await pauses.resume(service)
        try await eventually("the command is done") {
            try await stage.length(stage.keys.commands(service)) == 0
        }
        try await pauses.pause(service, by: "me", at: .now())
        consumer.stop()
        await running.value
        try await stage.close()
    }

    @Test func `the first pause stays, and is told`() async throws {
        let since = Timestamp(milliseconds: 1_790_000_000_123)
        #expect(try await pauses.pause(service, by: "anna at home", at: since) == nil)
        let first = Pauses.Pause(sinceMilliseconds: since.milliseconds, by: "anna at home")
        #expect(try await pauses.pause(service, by: "ben", at: .now()) == first)
        let reports = try await Queues(redis: stage.redis, keys: stage.keys).report()
        #expect(reports.compactMap(\.paused) == [first])
        #expect(reports.first { $0.paused != nil }?.service == service)
        #expect(try await pauses.resume(service))
        #expect(try await !pauses.resume(service))

        _ = try await stage.redis.send(RedisCommand("SET", stage.keys.paused(service), "by hand"))
        #expect(try await pauses.current(service) == Pauses.Pause(sinceMilliseconds: 0, by: "by hand"))
        try await stage.close()
    }
}
