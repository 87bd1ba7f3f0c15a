public import Marketplace

/// Where the API listens, how it signs, and when it refuses more work.
public struct WebSettings: Sendable {
    public let host: String
    public let port: Int
    /// Scheme, host and port that browsers use; no slash at its end.
    public let publicURL: String
    /// The first signs; every one verifies.
    public let signingSecrets: [Secret]
    public let accessTokenLife: Duration
    /// How long a request waits for its command's reply unless it asks for another time.
    public let commandWait: Duration
    /// A service whose command stream is longer sheds.
    public let shedBacklog: Int
    /// A service whose oldest undelivered command is older sheds.
    public let shedAge: Duration
    /// A webhook's signature by any of these is good.
    public let stripeWebhookSecrets: [Secret]
    /// How many proxies of ours stand before the process, each of which appends to `X-Forwarded-For`.
    public let trustedProxies: Int
    /// Attempts that one address may make.
    public let signUpsPerMinute: Int
    public let signInsPerMinute: Int
    /// Sign-ins that may be tried with one e-mail, from wherever.
    public let accountSignInsPerMinute: Int
    /// The currency of a listing that names none.
    public let defaultCurrency: Currency
    /// Where buyers are sent to pay: scheme, host and port of Stripe's page; no slash at its end.
    public let checkoutOrigin: String
    /// Connections that are accepted at once; further ones wait in the system's queue.
    public let connectionLimit: Int
    /// Event streams that are kept open at once, and those of one address; further ones are refused.
    public let streamLimit: Int
    public let streamsPerAddress: Int

    init(_ reader: SettingsReader, process: ProcessSettings) throws(SettingsError) {
        let isProduction = process.environment == .production
        host = reader.text(.host) ?? (isProduction ? "0.0.0.0" : "127.0.0.1")
        port = try reader.integer(.port, default: 8080, in: 0...65535)
        publicURL = try reader.publicURL(process: process, port: port)
        signingSecrets = try reader.secrets(.signingSecret, minimumLength: 32)
        accessTokenLife = try reader.seconds(.accessTokenSeconds, default: 900, in: 1...86_400)
        commandWait = try reader.seconds(.commandWaitSeconds, default: 10, in: 1...25)
        shedBacklog = try reader.integer(.shedBacklog, default: 5_000, in: 1...10_000_000)
        shedAge = try reader.seconds(.shedAgeSeconds, default: 10, in: 1...3_600)
        stripeWebhookSecrets = try reader.secrets(.stripeWebhookSecret, minimumLength: 8)
        trustedProxies = try reader.integer(.trustedProxies, default: 0, in: 0...10)
        signUpsPerMinute = try reader.integer(.signUpsPerMinute, default: 30, in: 1...1_000_000)
        signInsPerMinute = try reader.integer(.signInsPerMinute, default: 60, in: 1...1_000_000)
        accountSignInsPerMinute = try reader.integer(.accountSignInsPerMinute, default: 10, in: 1...1_000_000)
        let currency = reader.text(.defaultCurrency) ?? Currency.usd.rawValue
        guard let known = Currency(rawValue: currency) else {
            throw .wrong(.defaultCurrency, currency, "give one of \(Currency.all.joined(separator: ", "))")
        }
        defaultCurrency = known
        let stripe = try reader.text(.stripeAPIBase).map { value throws(SettingsError) in
            try reader.origin(.stripeAPIBase, value)
        }
        let usual = stripe == nil || stripe == "https://api.stripe.com" ? "https://checkout.stripe.com" : stripe
        checkoutOrigin = try reader.origin(.checkoutOrigin, reader.text(.checkoutOrigin) ?? usual ?? "")
        connectionLimit = try reader.integer(.connectionLimit, default: 8_000, in: 4...1_000_000)
        // The rest is for requests, which must get through however many watch.
        streamLimit = try reader.integer(.streamLimit, default: connectionLimit * 3 / 4, in: 1...connectionLimit)
        streamsPerAddress = try reader.integer(.streamsPerAddress, default: 200, in: 1...1_000_000)
    }
}

extension SettingsReader {
    func publicURL(process: ProcessSettings, port: Int) throws(SettingsError) -> String {
        if process.environment == .development, text(.publicURL) == nil { return "http://localhost:\(port)" }
        let value = try required(.publicURL)
        let url = try origin(.publicURL, value)
        let isLoopback = ["//localhost", "//127.0.0.1", "//[::1]"].contains { host in
            url.hasSuffix(host) || url.contains(host + ":")
        }
        // Over plain HTTP cookies can be read on their way.
        guard url.hasPrefix("https://") || isLoopback || process.environment == .development else {
            throw .wrong(.publicURL, value, "give an https:// URL; http:// is for this machine's own loopback")
        }
        return url
    }
}
