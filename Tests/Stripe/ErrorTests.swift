import CurlClient
import Stripe
import Testing

@Suite struct ErrorTests {
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
