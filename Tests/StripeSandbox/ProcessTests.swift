import CurlClient
import Foundation
import Marketplace
import Stripe
import Support
import Testing

/// Runs the executable, like `Procfile.dev`.
@Suite(.timeLimit(.minutes(1)))
struct ProcessTests {
    @Test func logsReadinessWithoutSecretsAndStopsOnSIGTERM() async throws {
        let port = try await FreePort.find()
        let process = try await ProductProcess.start(
            "StripeSandbox", environment: ["PORT": "\(port)", "STRIPE_SECRET_KEY": "sk_test_notforlogs"],
            ready: "Stripe sandbox is ready")
        let curl = CurlClient()
        let base = "http://127.0.0.1:\(port)"
        #expect(try await curl.send(CurlRequest(url: "\(base)/healthz")).status == 200)
        let stripe = StripeClient(StripeConfiguration(secretKey: "sk_test_notforlogs", apiBase: base), curl: curl)
        let session = try await stripe.send(
            .createCheckoutSession(SandboxHarness.parameters(), key: "k"), as: CheckoutSession.self)
        var form = FormBody()
        for (name, value) in [("number", "4242424242424242"), ("expiry", "12/40"), ("cvc", "987"), ("name", "Ann")] {
            form.add(name, value)
        }
        let paid = try await curl.send(
            CurlRequest(
                .post, url: try #require(session.url),
                headers: [.init("Content-Type", "application/x-www-form-urlencoded")], body: Array(form.encoded.utf8)))
        #expect(paid.status == 303)
        // An open connection does not delay the shutdown.
        #expect(try await process.terminate(within: .seconds(10)) == .exit(0))
        await curl.shutdown()
        for secret in ["notforlogs", "4242424242424242", "4242 4242", "987"] {
            #expect(!process.output.replacing(session.id, with: "").contains(secret))
        }
        #expect(process.output.contains("POST /v1/checkout/sessions 200"))
    }

    @Test func logsWhyItCannotStart() async throws {
        let process = try await ProductProcess.start("StripeSandbox", environment: ["PORT": "many"], ready: nil)
        #expect(try await process.waitForExit(within: .seconds(10)) == .exit(1))
        #expect(process.output.contains("PORT must be a number"))
    }
}
