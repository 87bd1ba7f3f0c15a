/// The sandbox's settings, from the environment. Most have the prefix `STRIPE_SANDBOX_`, so that GitTix can use the
/// same environment with a different `PORT`. The sandbox uses GitTix's secret key and signing secrets.
struct SandboxSettings: Sendable {
    struct Invalid: Error, CustomStringConvertible {
        var description: String
    }

    /// `STRIPE_SANDBOX_HOST`: the address to listen on, loopback by default.
    var host = "127.0.0.1"
    /// `PORT`: 0 selects a free port.
    var port = 12111
    /// `STRIPE_SANDBOX_PUBLIC_URL`: the sandbox's URL for browsers. By default, it has the host of the API call.
    var publicURL: String?
    /// `STRIPE_SECRET_KEY`: accepted keys, comma-separated. By default, any `sk_test_…` is accepted.
    var secretKeys: [String] = []
    /// `STRIPE_SANDBOX_WEBHOOK_URL`: webhook endpoints, comma-separated. By default, events are only stored.
    var webhookURLs: [String] = []
    /// `STRIPE_SANDBOX_EVENTS`: the event types to send, comma-separated, like `enabled_events` of Stripe's endpoints
    /// (https://docs.stripe.com/api/webhook_endpoints). By default, all types are sent.
    var webhookEvents: Set<String> = []
    /// `STRIPE_WEBHOOK_SECRET`: signing secrets, comma-separated. Each adds a signature, as during a secret rotation.
    var webhookSecrets: [String] = []
    /// `STRIPE_SANDBOX_RETRY_MS`: the delay before the first retry. It doubles with each retry, up to 100 times this
    /// value. Stripe itself retries for three days.
    var webhookRetryMilliseconds = 1_000
    /// `STRIPE_SANDBOX_ATTEMPTS`: the maximum number of attempts for a webhook.
    var webhookAttempts = 12

    /// The endpoints for events of this type.
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
                throw Invalid(description: "\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
        func url(_ name: String, _ text: String) throws(Invalid) -> String {
            guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
                throw Invalid(description: "\(name) must be an http or https URL")
            }
            return text.hasSuffix("/") ? String(text.dropLast()) : text
        }
        host = text("STRIPE_SANDBOX_HOST") ?? host
        port = try number("PORT", 0...65_535, default: port)
        if let text = text("STRIPE_SANDBOX_PUBLIC_URL") { publicURL = try url("STRIPE_SANDBOX_PUBLIC_URL", text) }
        secretKeys = texts("STRIPE_SECRET_KEY")
        guard secretKeys.allSatisfy({ $0.hasPrefix("sk_test_") }) else {
            throw Invalid(
                description: "STRIPE_SECRET_KEY must be a test key (sk_test_…): the sandbox does not accept live keys")
        }
        for text in texts("STRIPE_SANDBOX_WEBHOOK_URL") {
            webhookURLs.append(try url("STRIPE_SANDBOX_WEBHOOK_URL", text))
        }
        webhookEvents = Set(texts("STRIPE_SANDBOX_EVENTS"))
        webhookSecrets = texts("STRIPE_WEBHOOK_SECRET")
        guard webhookURLs.isEmpty || !webhookSecrets.isEmpty else {
            throw Invalid(
                description: "STRIPE_WEBHOOK_SECRET is missing: webhooks to STRIPE_SANDBOX_WEBHOOK_URL must be signed")
        }
        webhookRetryMilliseconds = try number("STRIPE_SANDBOX_RETRY_MS", 1...600_000, default: webhookRetryMilliseconds)
        webhookAttempts = try number("STRIPE_SANDBOX_ATTEMPTS", 1...100, default: webhookAttempts)
    }
}
