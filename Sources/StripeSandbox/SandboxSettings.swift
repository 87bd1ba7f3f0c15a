/// The sandbox's settings, all from the environment. Those that GitTix has of the same kind carry the prefix
/// `STRIPE_SANDBOX_`, so that one environment can serve both.
struct SandboxSettings: Sendable {
    struct Invalid: Error, CustomStringConvertible {
        var description: String
    }

    /// `STRIPE_SANDBOX_HOST`: an address of this machine; loopback unless told.
    var host = "127.0.0.1"
    /// `PORT`: 0 takes any free one.
    var port = 12111
    /// `STRIPE_SANDBOX_PUBLIC_URL`: where browsers reach the sandbox. Without it, the host that the API was called by.
    var publicURL: String?
    /// `STRIPE_SECRET_KEY`, several with commas. Without it, any `sk_test_…` is let in.
    var secretKeys: [String] = []
    /// `STRIPE_SANDBOX_WEBHOOK_URL`, several with commas: where events go. Without it they are only kept.
    var webhookURLs: [String] = []
    /// `STRIPE_SANDBOX_EVENTS`, several with commas: the types that go there, as `enabled_events` of Stripe's endpoints
    /// (https://docs.stripe.com/api/webhook_endpoints). All unless told.
    var webhookEvents: Set<String> = []
    /// `STRIPE_WEBHOOK_SECRET`, several with commas: each makes a signature, as while a secret is being rolled.
    var webhookSecrets: [String] = []
    /// `STRIPE_SANDBOX_RETRY_MS`: before the first retry; each later wait is twice as long, up to a hundred times this. Stripe's
    /// own retries go on for three days.
    var webhookRetryMilliseconds = 1_000
    /// `STRIPE_SANDBOX_ATTEMPTS`
    var webhookAttempts = 12

    /// Where events of this type go.
    func webhookURLs(for event: String) -> [String] {
        webhookEvents.isEmpty || webhookEvents.contains(event) ? webhookURLs : []
    }

    init() {}

    init(environment: [String: String]) throws(Invalid) {
        func text(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        func texts(_ name: String) -> [String] {
            (text(name) ?? "").split(separator: ",").map { String($0.filter { $0 != " " }) }.filter { !$0.isEmpty }
        }
        func number(_ name: String, _ range: ClosedRange<Int>, default value: Int) throws(Invalid) -> Int {
            guard let text = text(name) else { return value }
            guard let number = Int(text), range.contains(number) else {
                throw Invalid(description: "\(name) is a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
        func url(_ name: String, _ text: String) throws(Invalid) -> String {
            guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
                throw Invalid(description: "\(name) is an http or https URL")
            }
            return text.hasSuffix("/") ? String(text.dropLast()) : text
        }
        host = text("STRIPE_SANDBOX_HOST") ?? host
        port = try number("PORT", 0...65_535, default: port)
        if let text = text("STRIPE_SANDBOX_PUBLIC_URL") { publicURL = try url("STRIPE_SANDBOX_PUBLIC_URL", text) }
        secretKeys = texts("STRIPE_SECRET_KEY")
        guard secretKeys.allSatisfy({ $0.hasPrefix("sk_test_") }) else {
            throw Invalid(
                description: "STRIPE_SECRET_KEY is a test key here (sk_test_…): a live one has no business here")
        }
        for text in texts("STRIPE_SANDBOX_WEBHOOK_URL") {
            webhookURLs.append(try url("STRIPE_SANDBOX_WEBHOOK_URL", text))
        }
        webhookEvents = Set(texts("STRIPE_SANDBOX_EVENTS"))
        webhookSecrets = texts("STRIPE_WEBHOOK_SECRET")
        guard webhookURLs.isEmpty || !webhookSecrets.isEmpty else {
            throw Invalid(
                description: "STRIPE_WEBHOOK_SECRET is needed to sign what goes to STRIPE_SANDBOX_WEBHOOK_URL")
        }
        webhookRetryMilliseconds = try number("STRIPE_SANDBOX_RETRY_MS", 1...600_000, default: webhookRetryMilliseconds)
        webhookAttempts = try number("STRIPE_SANDBOX_ATTEMPTS", 1...100, default: webhookAttempts)
    }
}
