import Marketplace
import RedisClient
import Support
import Testing

@testable import Streams

@Suite(.timeLimit(.minutes(1)))
struct BacklogTests {
    private let harness: ConsumerHarness

    init() throws { harness = try ConsumerHarness() }

    private func backlog(_ limits: BacklogLimits) -> Backlog {
        Backlog(redis: harness.redis, keys: harness.keys, limits: limits)
    }

    @Test func `a command stream is measured by its length and its oldest undelivered entry`() async throws {
        let backlog = backlog(BacklogLimits(freshness: .zero, staleness: .zero))
        let nothing = Backlog.Measurement(length: 0, age: .zero)
        #expect(try await backlog.measure(ConsumerHarness.service) == nothing)
        // An old entry that no group has read.
        let commandStream = harness.keys.commands(ConsumerHarness.service)
        _ = try await harness.redis.send(RedisCommand("XADD", commandStream, "1000-0", "a", "b"))
        let unread = try await backlog.measure(ConsumerHarness.service)
        #expect(unread.length == 1 && unread.age > .seconds(3600))
        // A delivered entry counts for the length, but not for the age.
        let consumer = try harness.consumer()
        let batch = try await harness.next(consumer)
        #expect(try await backlog.measure(ConsumerHarness.service) == Backlog.Measurement(length: 1, age: .zero))
        try await consumer.settle(batch, [.done])
        #expect(try await backlog.measure(ConsumerHarness.service) == nothing)
        try await harness.close()
    }

    @Test func `commands to a service whose events are not published are refused`() async throws {
        let backlog = backlog(BacklogLimits(freshness: .zero, staleness: .zero))
        let stops = PublishingStops(redis: harness.redis, keys: harness.keys)
        try await stops.report(ConsumerHarness.service, reason: "restored")
        #expect(try await backlog.admit(ConsumerHarness.service) == .shed(retryAfter: .seconds(30)))
        #expect(try await backlog.admit(.orders) == .admitted)
        #expect(
            try await stops.reasons(of: [.orders, ConsumerHarness.service]) == [ConsumerHarness.service: "restored"])
        try await harness.close()
    }

    @Test func `one measurement serves all callers within a moment`() async throws {
        let backlog = backlog(BacklogLimits(length: 1, freshness: .seconds(3600)))
        #expect(try await backlog.admit(ConsumerHarness.service) == .admitted)
        try await harness.enqueue()
        #expect(try await backlog.admit(ConsumerHarness.service) == .admitted)
        #expect(
            try await self.backlog(BacklogLimits(length: 1)).admit(ConsumerHarness.service)
                == .shed(retryAfter: .seconds(1)))
        try await harness.close()
    }

    @Test func `a measurement that is no longer fresh still admits while the next one is fetched, and rejects nothing`()
        async throws
    {
        let backlog = backlog(BacklogLimits(length: 1, freshness: .zero, staleness: .seconds(3600)))
        #expect(try await backlog.admit(ConsumerHarness.service) == .admitted)
        try await harness.enqueue()
        #expect(try await backlog.admit(ConsumerHarness.service) == .admitted)
        try await eventually("a new measurement is used") {
            try await backlog.admit(ConsumerHarness.service) != .admitted
        }
        let consumer = try harness.consumer()
        try await consumer.settle(try await harness.next(consumer), [.done])
        #expect(try await backlog.admit(ConsumerHarness.service) == .admitted)
        try await harness.close()
    }

    @Test func `a failed measurement keeps the previous one`() async throws {
        let own = try await RedisServer.start()
        let harness = try ConsumerHarness(own: own)
        let redis = harness.redis
        let backlog = Backlog(
            redis: redis, keys: harness.keys,
            limits: BacklogLimits(length: 1, freshness: .zero, staleness: .seconds(3600)))
        #expect(try await backlog.admit(ConsumerHarness.service) == .admitted)
        _ = try await redis.send(RedisCommand("SET", harness.keys.commands(ConsumerHarness.service), "no stream"))
        for count in 1...3 {
            #expect(try await backlog.admit(ConsumerHarness.service) == .admitted)
            try await eventually("the measurement has failed") { try await harness.errorCount("WRONGTYPE") >= count }
        }
        await redis.close()
    }

    @Test func `a stale measurement is not used`() async throws {
        let backlog = backlog(BacklogLimits(length: 1, freshness: .zero, staleness: .zero))
        #expect(try await backlog.admit(ConsumerHarness.service) == .admitted)
        try await harness.enqueue()
        #expect(try await backlog.admit(ConsumerHarness.service) == .shed(retryAfter: .seconds(1)))
        try await harness.close()
    }

    @Test func `a shed command gets a retry delay within bounds`() {
        let limits = BacklogLimits(length: 10, age: .seconds(5))
        func decide(_ length: Int, _ age: Duration) -> Admission {
            Backlog.decide(Backlog.Measurement(length: length, age: age), limits)
        }
        #expect(decide(9, .milliseconds(4999)) == .admitted)
        #expect(decide(10, .zero) == .shed(retryAfter: .seconds(1)))
        #expect(decide(0, .seconds(5)) == .shed(retryAfter: .seconds(5)))
        #expect(decide(0, .seconds(500)) == .shed(retryAfter: .seconds(30)))
    }

    @Test func `a failed measurement is not stored`() async throws {
        let own = try await RedisServer.start()
        let harness = try ConsumerHarness(own: own)
        let backlog = Backlog(
            redis: harness.redis, keys: harness.keys, limits: BacklogLimits(freshness: .seconds(3600)))
        let key = harness.keys.commands(.orders)
        _ = try await harness.redis.send(RedisCommand("SET", key, "no stream"))
        await #expect(throws: RedisError.self) { try await backlog.admit(.orders) }
        _ = try await harness.redis.send(RedisCommand("DEL", key))
        #expect(try await backlog.admit(.orders) == .admitted)
        await harness.redis.close()
        withExtendedLifetime(own) {}
    }
}
