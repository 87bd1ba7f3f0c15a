import Logging
import Marketplace
import RedisClient
import Support
import Testing

@testable import Engine
@testable import Services
@testable import Streams

/// The scheduler's sleep, and the end of it.
@Suite(.timeLimit(.minutes(1)))
struct DeadlineSchedulerTests {
    private let redis: RedisClient
    private let keys = Keys(prefix: TestServers.keyPrefix())
    private let deadlines: Deadlines
    private let wakeup = Wakeup()

    init() throws {
        redis = RedisClient(configuration: try RedisConfiguration(url: TestServers.redisURL), logger: Self.logger)
        deadlines = Deadlines(redis: redis, keys: keys)
    }

    private static var logger: Logger { Logger(label: "test") }

    private var scheduler: DeadlineScheduler {
        DeadlineScheduler(deadlines: deadlines, wakeup: wakeup, logger: Self.logger)
    }

    @Test func schedulerSleepsUntilTheNextDeadline() {
        let (scheduler, limit) = (scheduler, scheduler.limit)
        func pause(_ count: Int, _ next: Duration?) -> Duration? {
            scheduler.pause(after: Deadlines.Fired(count: count, next: next))
        }
        #expect(pause(0, nil) == scheduler.longestSleep)
        #expect(pause(limit, nil) == scheduler.longestSleep)
        #expect(pause(3, .milliseconds(300)) == .milliseconds(300))
        #expect(pause(3, .seconds(3600)) == scheduler.longestSleep)
        // Deadlines that follow closely are fired together.
        #expect(pause(3, .milliseconds(1)) == scheduler.shortestSleep)
        // More deadlines are due: they are fired at once, unless the stream is full.
        #expect(pause(limit, .zero) == nil)
        #expect(pause(limit - 1, .zero) == scheduler.fullStreamPause)
        #expect(pause(0, .zero) == scheduler.fullStreamPause)
    }

    @Test func anEarlierDeadlineEndsTheSleep() async throws {
        var scheduler = scheduler
        scheduler.longestSleep = .seconds(3600)
        async let _ = scheduler.run()
        try await eventually("the scheduler sleeps") { wakeup.waiterCount == 1 }

        let order = OrderState(
            id: .new(), userId: .new(), ticketId: .new(), ticketTitle: "Row 1", quantity: 1, price: 2500, total: 2500,
            currency: .usd, status: .awaitingPayment, reason: nil, attempt: nil,
            expiresAt: .now() + .milliseconds(200), createdAt: .now(), updatedAt: .now(), version: 1)
        try await publish(order)
        let configuration = redis.configuration
        let consumer = StreamConsumer(
            service: .expiration, follows: [.orders], redis: redis,
            blocking: RedisClient(configuration: configuration, role: .blocking, logger: Self.logger), keys: keys,
            logger: Self.logger)
        let batch = try #require(try await consumer.next())
        #expect(try await ExpirationHandler(deadlines: deadlines, wakeup: wakeup).handle(batch) == [.done])
        try await eventually("the order expires") {
            try await redis.send(RedisCommand("XLEN", keys.events(.expiration))).int == 1
        }
        #expect(try await deadlines.next() == nil)
    }

    private func publish(_ order: OrderState) async throws {
        var add = RedisCommand("XADD", keys.events(.orders), "1-0")
        add.append(contentsOf: [
            "id", EventID.new().description, "type", "OrderCreated", "v", "1", "at", Timestamp.now().description,
            "subject", order.id.description, "version", "1", "trace", "", "body",
        ])
        add.append(try JSONBody.encode(order))
        _ = try await redis.send(add)
    }
}
