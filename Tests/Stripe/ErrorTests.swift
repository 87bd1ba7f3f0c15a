import CurlClient
import Stripe
import Testing

@Suite struct ErrorTests {
    @Test func delayDoublesUpToTheLimit() {
        let policy = RetryPolicy(firstDelay: .seconds(1), maxDelay: .seconds(10), maxAttempts: 7)
        let delays = (1...7).map { policy.delay(afterAttempt: $0, jitter: 0.999_999) }
        #expect(delays.last == .some(nil))
        for (delay, seconds) in zip(delays, [1.0, 2, 4, 8, 10, 10]) {
            #expect(abs((delay ?? .zero) / .seconds(1) - seconds) < 0.001)
        }
        #expect(policy.delay(afterAttempt: 3, jitter: 0) == .seconds(2))
        #expect(policy.delay(afterAttempt: 1_000_000, jitter: 0) == nil)
    }

    @Test func delayFollowsRetryAfterUpToTheLimit() {
        let policy = RetryPolicy(firstDelay: .seconds(1), maxDelay: .seconds(10), maxAttempts: 7)
        #expect(policy.delay(afterAttempt: 1, retryAfter: .seconds(5), jitter: 0) == .seconds(5))
        #expect(policy.delay(afterAttempt: 4, retryAfter: .seconds(1), jitter: 0) == .seconds(4))
        #expect(policy.delay(afterAttempt: 1, retryAfter: .seconds(86_400), jitter: 0) == .seconds(10))
    }

    @Test func secretKeyIsNeverShown() {
        let configuration = StripeConfiguration(secretKey: "sk_live_verysecret", apiBase: "http://127.0.0.1:9/")
        #expect(configuration.apiBase == "http://127.0.0.1:9")
        #expect(!"\(configuration)".contains("verysecret"))
        #expect(!String(reflecting: configuration).contains("verysecret"))
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("verysecret"))
    }

    @Test func missingResponseIsRetryableWithoutEffect() async {
        let curl = CurlClient()
        // Nothing listens on port 1.
        let client = StripeClient(
            StripeConfiguration(secretKey: "sk_test_verysecret", apiBase: "http://127.0.0.1:1"), curl: curl)
        let error = await #expect(throws: StripeError.self) {
            try await client.send(.createRefund(paymentIntent: "pi_1", key: "k"))
        }
        #expect(error?.kind == .retryable)
        #expect(error?.status == nil)
        #expect(error?.mayHaveTakenEffect == false)
        #expect(error?.description.contains("verysecret") == false)
        #expect(error?.description.contains("POST /v1/refunds") == true)
        await curl.shutdown()
    }
}
