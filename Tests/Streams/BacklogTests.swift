import Marketplace
import RedisClient
import Support
import Testing

@testable import Streams

@Suite(.timeLimit(.minutes(1)))
struct BacklogTests {
    private let stage: Stage

    init() throws { stage = try Stage() }

    private func backlog(_ limits: BacklogLimits) -> Backlog {
        Backlog(redis: stage.redis, keys: stage.keys, limits: limits)
    }

    @Test func `an inbox is measured by its length and its oldest unread entry`() async throws {
        let backlog = backlog(BacklogLimits(freshness: .zero, staleness: .zero))
        let nothing = Backlog.Measurement(length: 0, age: .zero)
        #expect(try await backlog.measure(Stage.service) == nothing)
        // An old entry, that no group has read.
        let inbox = stage.keys.commands(Stage.service)
        _ = try await stage.redis.send(RedisCommand("XADD", inbox, "1000-0", "a", "b"))
        let unread = try await backlog.measure(Stage.service)
        #expect(unread.length == 1 && unread.age > .seconds(3600))
        // Delivered, it is in good hands, and still counts for the length.
        let consumer = try stage.consumer()
        let batch = try await stage.next(consumer)
        #expect(try await backlog.measure(Stage.service) == Backlog.Measurement(length: 1, age: .zero))
        try await consumer.settle(batch, [.done])
        #expect(try await backlog.measure(Stage.service) == nothing)
        try await stage.close()
    }

    @Test func `one look serves all who ask within a moment`() async throws {
        let backlog = backlog(BacklogLimits(length: 1, freshness: .seconds(3600)))
        #expect(try await backlog.admit(Stage.service) == .admitted)
        try await stage.enqueue()
        #expect(try await backlog.admit(Stage.service) == .admitted)
        #expect(try await self.backlog(BacklogLimits(length: 1)).admit(Stage.service) == .shed(retryAfter: .seconds(1)))
        try await stage.close()
    }

    @Test func `what is no longer fresh admits once more, while the next look is under way, and refuses nobody`()
        async throws
    {
        let backlog = backlog(BacklogLimits(length: 1, freshness: .zero, staleness: .seconds(3600)))
        #expect(try await backlog.admit(Stage.service) == .admitted)
        try await stage.enqueue()
        #expect(try await backlog.admit(Stage.service) == .admitted)
        try await eventually("the look was made") { try await backlog.admit(Stage.service) != .admitted }
        let consumer = try stage.consumer()
        try await consumer.settle(try await stage.next(consumer), [.done])
        #expect(try await backlog.admit(Stage.service) == .admitted)
        try await stage.close()
    }

    @Test func `a look that fails leaves what was seen before`() async throws {
        let own = try await OwnRedis.start()
        let stage = try Stage(own: own)
        let redis = stage.redis
        let backlog = Backlog(
            redis: redis, keys: stage.keys,
            limits: BacklogLimits(length: 1, freshness: .zero, staleness: .seconds(3600)))
        #expect(try await backlog.admit(Stage.service) == .admitted)
        _ = try await redis.send(RedisCommand("SET", stage.keys.commands(Stage.service), "no stream"))
        for look in 1...3 {
            #expect(try await backlog.admit(Stage.service) == .admitted)
            try await eventually("the look has failed") { try await stage.refusals("WRONGTYPE") >= look }
        }
        await redis.close()
    }

    @Test func `what is stale is not believed`() async throws {
        let backlog = backlog(BacklogLimits(length: 1, freshness: .zero, staleness: .zero))
        #expect(try await backlog.admit(Stage.service) == .admitted)
        try await stage.enqueue()
        #expect(try await backlog.admit(Stage.service) == .shed(retryAfter: .seconds(1)))
        try await stage.close()
    }

    @Test func `what is shed is told to come back, within reason`() {
        let limits = BacklogLimits(length: 10, age: .seconds(5))
        func decide(_ length: Int, _ age: Duration) -> Admission {
            Backlog.decide(Backlog.Measurement(length: length, age: age), limits)
        }
        #expect(decide(9, .milliseconds(4999)) == .admitted)
        #expect(decide(10, .zero) == .shed(retryAfter: .seconds(1)))
        #expect(decide(0, .seconds(5)) == .shed(retryAfter: .seconds(5)))
        #expect(decide(0, .seconds(500)) == .shed(retryAfter: .seconds(30)))
    }

    @Test func `a look that failed is not believed`() async throws {
        let own = try await OwnRedis.start()
        let stage = try Stage(own: own)
        let backlog = Backlog(
            redis: stage.redis, keys: stage.keys, limits: BacklogLimits(freshness: .seconds(3600)))
        let key = stage.keys.commands(.orders)
        _ = try await stage.redis.send(RedisCommand("SET", key, "no stream"))
        await #expect(throws: RedisError.self) { try await backlog.admit(.orders) }
        _ = try await stage.redis.send(RedisCommand("DEL", key))
        #expect(try await backlog.admit(.orders) == .admitted)
        await stage.redis.close()
        withExtendedLifetime(own) {}
    }
}
