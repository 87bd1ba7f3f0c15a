import Marketplace
import RedisClient
import Support
import Testing

@testable import Services
@testable import Streams

/// How long the scheduler sleeps, and which events end the sleep.
@Suite(.timeLimit(.minutes(1)))
struct TimerSchedulerTests {
    private let harness: ExpirationHarness

    init() throws { harness = try ExpirationHarness() }

    @Test func schedulerSleepsUntilTheNextTimer() {
        let (scheduler, limit) = (harness.scheduler, harness.scheduler.limit)
        func pause(_ count: Int, _ next: Duration?) -> Duration {
            scheduler.pause(after: Timers.Fired(count: count, next: next))
        }
        #expect(pause(0, nil) == scheduler.longestSleep)
        #expect(pause(limit, nil) == scheduler.longestSleep)
        #expect(pause(3, .milliseconds(300)) == .milliseconds(300))
        #expect(pause(3, .seconds(3600)) == scheduler.longestSleep)
        // Timers that are due shortly after each other are fired together.
        #expect(pause(3, .milliseconds(1)) == scheduler.shortestSleep)
        // If more timers are due, they are fired immediately, unless the stream is busy or full.
        #expect(pause(limit, .zero) == .zero)
        #expect(pause(limit - 1, .zero) == scheduler.fullStreamPause)
        #expect(pause(0, .zero) == scheduler.fullStreamPause)
    }

    @Test func anEarlierTimerEndsTheSleep() async throws {
        var scheduler = harness.scheduler
        scheduler.longestSleep = .seconds(3600)
        async let _ = scheduler.run()
        try await eventually("the scheduler sleeps") { harness.wakeup.waiterCount == 1 }

        try await harness.publish(.unpaid(expiresIn: .milliseconds(200)), from: .orders)
        #expect(try await harness.handleEvents() == [.done])
        try await eventually("the command is sent") {
            try await harness.redis.send(RedisCommand("XLEN", harness.keys.commands(.orders))).int == 1
        }
        #expect(try await harness.timers(.hold).next() == nil)
    }

    /// The orders service is not deployed, so its stream is full. The listings service still gets its command.
    @Test func aServiceThatIsAwayHoldsUpNoOther() async throws {
        var fill = RedisCommand("EVAL", "for i = 1, 10000 do redis.call('XADD', KEYS[1], '*', 'a', '1') end", 1)
        fill.append(harness.keys.commands(.orders))
        _ = try await harness.redis.send(fill)
        let past = Timestamp.now() - .seconds(1)
        for kind in [TimerName.Kind.hold, .showStart] {
            try await harness.timers(kind).set([DueTimer(subject: .new(), due: past)])
        }
        #expect(await harness.scheduler.fireDueTimers() == harness.scheduler.fullStreamPause)
        #expect(try await harness.redis.send(RedisCommand("XLEN", harness.keys.commands(.listings))).int == 1)
        #expect(try await harness.redis.send(RedisCommand("XLEN", harness.keys.commands(.orders))).int == 10_000)
        #expect(try await harness.timers(.hold).report().waiting == 1)
    }
}

extension NewEvent {
    /// An order that is not paid.
    static func unpaid(_ id: OrderID = .new(), expiresIn hold: Duration) -> NewEvent {
        OrderState(
            id: id, userId: .new(), ticketId: .new(), ticketTitle: "Row 1", quantity: 1, price: 2500, total: 2500,
            currency: .usd, status: .awaitingPayment, reason: nil, attempt: nil, expiresAt: .now() + hold,
            createdAt: .now(), updatedAt: .now(), version: 1
        ).announcement
    }
}
