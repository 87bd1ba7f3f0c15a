import Testing

@testable import Services

@Suite struct RetryPolicyTests {
    private let policy = RetryPolicy(firstDelay: .seconds(1), maxDelay: .seconds(10))

    @Test func delayDoublesUpToTheLimit() {
        let delays = (1...6).map { policy.delay(afterAttempt: $0, jitter: 0.999_999) }
        for (delay, seconds) in zip(delays, [1.0, 2, 4, 8, 10, 10]) {
            #expect(abs(delay / .seconds(1) - seconds) < 0.001)
        }
        #expect(policy.delay(afterAttempt: 3, jitter: 0) == .seconds(2))
        #expect(policy.delay(afterAttempt: 1_000_000, jitter: 0) == .seconds(5))
    }

    @Test func delayFollowsRetryAfterUpToTheLimit() {
        #expect(policy.delay(afterAttempt: 1, retryAfter: .seconds(5), jitter: 0) == .seconds(5))
        #expect(policy.delay(afterAttempt: 4, retryAfter: .seconds(1), jitter: 0) == .seconds(4))
        #expect(policy.delay(afterAttempt: 1, retryAfter: .seconds(86_400), jitter: 0) == .seconds(10))
    }
}
