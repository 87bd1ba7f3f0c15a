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

    @Test func idsOfCheckoutSessionsAreShortened() {
        let id = "cs_test_a1B2c3D4e5F6g7H8i9J0"
        let error = StripeError(
            kind: .invalid, request: "POST /v1/checkout/sessions/\(id)/expire", status: 404,
            body: StripeErrorBody(message: "No such checkout.session: '\(id)'"), mayHaveTakenEffect: false)
        #expect(!error.description.contains(id))
        #expect(error.description.contains("/sessions/cs_test_a1B2…/expire"))
        #expect(error.description.contains("'cs_test_a1B2…'"))
    }
}
