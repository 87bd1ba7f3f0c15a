import Testing

@testable import StripeSandbox

@Suite struct SettingsTests {
    @Test func readsTheEnvironment() throws {
        let settings = try SandboxSettings(environment: [
            "PORT": "0", "STRIPE_SANDBOX_PUBLIC_URL": "http://pay.test/", "STRIPE_SECRET_KEY": "sk_test_a, sk_test_b",
            "STRIPE_WEBHOOK_SECRET": "whsec_a,whsec_b", "STRIPE_SANDBOX_WEBHOOK_URL": "http://a.test/w,http://b.test/w",
            "STRIPE_SANDBOX_RETRY_MS": "5", "STRIPE_SANDBOX_ATTEMPTS": "3", "PUBLIC_URL": "http://shop.test",
        ])
        #expect(settings.port == 0 && settings.host == "127.0.0.1")
        #expect(settings.publicURL == "http://pay.test")
        #expect(settings.secretKeys == ["sk_test_a", "sk_test_b"])
        #expect(settings.webhookSecrets == ["whsec_a", "whsec_b"])
        #expect(settings.webhookURLs == ["http://a.test/w", "http://b.test/w"])
        #expect(settings.webhookURLs(for: "charge.refunded").count == 2)
        #expect(settings.webhookRetryMilliseconds == 5 && settings.webhookAttempts == 3)
    }

    @Test func sendsOnlyTheSelectedEventTypes() throws {
        let settings = try SandboxSettings(environment: [
            "STRIPE_WEBHOOK_SECRET": "whsec_a", "STRIPE_SANDBOX_WEBHOOK_URL": "http://a.test/w",
            "STRIPE_SANDBOX_EVENTS": "charge.refunded, payment_intent.succeeded",
        ])
        #expect(settings.webhookURLs(for: "charge.refunded") == ["http://a.test/w"])
        #expect(settings.webhookURLs(for: "payment_intent.succeeded") == ["http://a.test/w"])
        #expect(settings.webhookURLs(for: "payment_intent.created").isEmpty)
    }

    @Test func hasDefaultsForAllSettings() throws {
        let settings = try SandboxSettings(environment: ["PORT": "", "STRIPE_SECRET_KEY": ""])
        #expect(settings.port == 12111 && settings.publicURL == nil && settings.secretKeys.isEmpty)
    }

    @Test(arguments: [
        (["PORT": "80000"], "PORT"), (["PORT": "http"], "PORT"),
        (["STRIPE_SECRET_KEY": "sk_live_x"], "STRIPE_SECRET_KEY"),
        (["STRIPE_SANDBOX_WEBHOOK_URL": "http://a.test"], "STRIPE_WEBHOOK_SECRET"),
        (["STRIPE_SANDBOX_WEBHOOK_URL": "a.test", "STRIPE_WEBHOOK_SECRET": "s"], "STRIPE_SANDBOX_WEBHOOK_URL"),
        (["STRIPE_SANDBOX_ATTEMPTS": "0"], "STRIPE_SANDBOX_ATTEMPTS"),
    ])
    func errorNamesTheInvalidSetting(_ environment: [String: String], _ name: String) {
        let error = #expect(throws: SandboxSettings.Invalid.self) { try SandboxSettings(environment: environment) }
        #expect(error?.description.contains(name) == true)
        #expect(error?.description.contains("sk_live_x") == false)
    }
}
