import Marketplace
import RedisClient
import Support
import Testing

@testable import Streams

@Suite(.timeLimit(.minutes(1)))
struct PauseTests {
    private let harness: ConsumerHarness
    private let pauses: Pauses
    private let service = ConsumerHarness.service

    init() throws {
        harness = try ConsumerHarness()
        pauses = Pauses(redis: harness.redis, keys: harness.keys)
    }

    /// Settings under which each read checks for a pause.
    private var checking: ConsumerSettings {
        var settings = ConsumerHarness.eager
        settings.pauseCheckInterval = .zero
        return settings
    }

    @Test func `a paused service takes no entries: neither new, nor left behind, nor due`() async throws {
        let (commandStream, group) = (harness.keys.commands(service), service.rawValue)
        try await harness.enqueue()
        let killed = try harness.consumer()
        _ = try await harness.next(killed)
        try await harness.makeIdle(killed, commandStream)
        let due = "[\"id\",\"x\"]"
        _ = try await harness.redis.send(RedisCommand("ZADD", harness.keys.deferred(service), 1, due))
        try await harness.enqueue()

        try await pauses.pause(service, by: "me", at: .now())
        let consumer = try harness.consumer(service, checking)
        for _ in 0..<5 { #expect(try await consumer.next() == nil) }
        #expect(try await harness.pending(commandStream, group).map(\.consumer) == [killed.name])
        #expect(try await harness.members(harness.keys.deferred(service)) == [due])
        #expect(try await harness.length(commandStream) == 2)
        #expect(try await harness.redis.send(RedisCommand("EXISTS", harness.keys.worker(consumer.name))).int == 1)

        try await pauses.resume(service)
        var taken = 0
        while taken < 2 { taken += try await harness.next(consumer).commandIDs.count }
        #expect(try await harness.members(harness.keys.deferred(service)).isEmpty)
        try await harness.close()
    }

    @Test func `a paused service finishes the batch in flight, and another service continues`() async throws {
        let first = ConsumerHarness.command()
        try await harness.enqueue(first)
        let consumer = try harness.consumer(service, checking)
        let batch = try await harness.next(consumer)
        try await pauses.pause(service, by: "me", at: .now())
        #expect(try await consumer.heartbeat().isEmpty)
        try await consumer.settle(batch, [.done])
        #expect(try await harness.length(harness.keys.commands(service)) == 0)

        try await harness.enqueue(to: .users)
        #expect(try await harness.next(try harness.consumer(.users, checking)).entries.count == 1)
        try await harness.close()
    }

    @Test func `a running consumer notices a pause and its end, and can be stopped while paused`() async throws {
        let consumer = try harness.consumer(service, checking)
        try await pauses.pause(service, by: "me", at: .now())
        let running = Task { await consumer.run { batch in batch.entries.map { _ in .done } } }
        try await harness.enqueue()
        try await eventually("the worker is listed as running") {
            try await harness.redis.send(RedisCommand("EXISTS", harness.keys.worker(consumer.name))).int == 1
        }
        #expect(try await harness.length(harness.keys.commands(service)) == 1)
        try await pauses.resume(service)
        try await eventually("the command is done") {
            try await harness.length(harness.keys.commands(service)) == 0
        }
        try await pauses.pause(service, by: "me", at: .now())
        consumer.stop()
        await running.value
        try await harness.close()
    }

    @Test func `the first pause stays, and is reported`() async throws {
        let since = Timestamp(milliseconds: 1_790_000_000_123)
        #expect(try await pauses.pause(service, by: "anna at home", at: since) == nil)
        let first = Pauses.Pause(sinceMilliseconds: since.milliseconds, by: "anna at home")
        #expect(try await pauses.pause(service, by: "ben", at: .now()) == first)
        let reports = try await Queues(
            redis: harness.redis, keys: harness.keys, topology: ServiceTopology([.init(name: service)])
        ).report()
        #expect(reports.compactMap(\.paused) == [first])
        #expect(reports.first { $0.paused != nil }?.service == service)
        #expect(try await pauses.resume(service))
        #expect(try await !pauses.resume(service))

        _ = try await harness.redis.send(RedisCommand("SET", harness.keys.paused(service), "by hand"))
        #expect(try await pauses.current(service) == Pauses.Pause(sinceMilliseconds: 0, by: "by hand"))
        try await harness.close()
    }
}
