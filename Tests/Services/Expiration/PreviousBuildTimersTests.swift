import Marketplace
import RedisClient
import Testing

@testable import Services
@testable import Streams

/// Timers that the previous build has set.
struct PreviousBuildTimersTests {
    @Test func timersOfThePreviousBuildAreMoved() async throws {
        let harness = try ExpirationHarness()
        let holds = harness.timers(.hold)
        let (moved, known) = (OrderID.new(), OrderID.new())
        try await holds.set([DueTimer(subject: TimerSubjectID(known.uuid), due: Timestamp(milliseconds: 5))])
        _ = try await harness.redis.send(
            RedisCommand(
                "ZADD", harness.keys.previousBuildTimers, 1_700_000_000_001, moved.description, 7, known.description, 9,
                "no id"))
        let previous = PreviousBuildTimers(
            redis: harness.redis, key: harness.keys.previousBuildTimers, holds: holds, logger: ExpirationHarness.logger)
        #expect(try await previous.move() == 3)
        #expect(try await previous.move() == 0)
        let subjects = [moved, known].map { TimerSubjectID($0.uuid) }
        #expect(try await holds.due(of: subjects) == [subjects[0]: 1_700_000_000_001, subjects[1]: 5])
    }
}
