import Logging
import Marketplace
import RedisClient
import Support
import Synchronization
import Testing

@testable import Streams
@testable import Workers

/// The clock that fires deadlines: when it sleeps, and what wakes it.
@Suite(.timeLimit(.minutes(1)))
struct DeadlineClockTests {
    private let redis: RedisClient
    private let keys = Keys(prefix: TestServers.keyPrefix())
    private let deadlines: Deadlines
    private let alarm = Alarm()

    init() throws {
        redis = RedisClient(configuration: try RedisConfiguration(url: TestServers.redisURL), logger: Self.logger)
        deadlines = Deadlines(redis: redis, keys: keys)
    }

    private static var logger: Logger { Logger(label: "test") }

    private var clock: DeadlineClock { DeadlineClock(deadlines: deadlines, alarm: alarm, logger: Self.logger) }

    @Test func itSleepsUntilTheNextIsDue() {
        let (clock, limit) = (clock, clock.limit)
        func pause(_ count: Int, _ next: Duration?) -> Duration? {
            clock.pause(after: Deadlines.Fired(count: count, next: next))
        }
        #expect(pause(0, nil) == clock.longestSleep)
        #expect(pause(limit, nil) == clock.longestSleep)
        #expect(pause(3, .milliseconds(300)) == .milliseconds(300))
        #expect(pause(3, .seconds(3600)) == clock.longestSleep)
        // What is due soon after comes with it.
        #expect(pause(3, .milliseconds(1)) == clock.shortestSleep)
        // More is due: at once, unless its readers have no room for it.
        #expect(pause(limit, .zero) == nil)
        #expect(pause(limit - 1, .zero) == clock.respite)
        #expect(pause(0, .zero) == clock.respite)
    }

    @Test func anOrderThatIsDueSoonerEndsItsSleep() async throws {
        var clock = clock
        clock.longestSleep = .seconds(3600)
        async let _ = clock.run()
        try await eventually("the clock sleeps") { alarm.wakesAt.withLock { $0 != nil } }

        let order = OrderState(
            id: .new(), userId: .new(), ticketId: .new(), ticketTitle: "Row 1", quantity: 1, price: 2500, total: 2500,
            currency: .usd, status: .awaitingPayment, reason: nil, attempt: nil,
            expiresAt: .now() + .milliseconds(200), createdAt: .now(), updatedAt: .now(), version: 1)
        try await tell(order)
        let configuration = redis.configuration
        let consumer = StreamConsumer(
            service: .expiration, redis: redis,
            blocking: RedisClient(configuration: configuration, role: .blocking, logger: Self.logger), keys: keys,
            logger: Self.logger)
        let batch = try #require(try await consumer.next())
        #expect(try await ExpirationHandler(deadlines: deadlines, alarm: alarm).handle(batch) == [.done])
        try await eventually("the order expires") {
            try await redis.send(RedisCommand("XLEN", keys.events(.expiration))).int == 1
        }
        #expect(try await deadlines.next() == nil)
    }

    private func tell(_ order: OrderState) async throws {
        var add = RedisCommand("XADD", keys.events(.orders), "1-0")
        add.append(contentsOf: [
            "id", EventID.new().description, "type", "OrderCreated", "v", "1", "at", Timestamp.now().description,
            "subject", order.id.description, "version", "1", "trace", "", "body",
        ])
        add.append(try JSONBody.encode(order))
        _ = try await redis.send(add)
    }
}
