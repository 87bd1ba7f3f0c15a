public import Marketplace

/// Settings of the API.
public struct WebSettings: Sendable {
    public let host: String
    public let port: Int
    /// The origin that browsers use, without a trailing slash.
    public let publicURL: String
    /// The first secret signs. Every secret verifies.
    public let signingSecrets: [Secret]
    public let accessTokenLife: Duration
    /// The time that a request waits for its command's reply, unless the client asks for a different time.
    public let commandWait: Duration
    /// The length of a service's command stream above which its commands are refused.
    public let shedBacklog: Int
    /// The age of a service's oldest undelivered command above which its commands are refused.
    public let shedAge: Duration
    /// A webhook is accepted if it is signed with any of these secrets.
    public let stripeWebhookSecrets: [Secret]
    /// The number of trusted proxies in front of the process. Each proxy appends an address to `X-Forwarded-For`.
    public let trustedProxies: Int
    /// Maximum number of sign-ups and changes of e-mail addresses from one client address in a minute.
    public let signUpsPerMinute: Int
    /// Maximum number of sign-ins and other password checks from one client address in a minute.
    public let signInsPerMinute: Int
    /// Maximum number of wrong passwords of one account in a minute, from any address.
    public let accountSignInsPerMinute: Int
    /// Maximum number of commands of one user in a minute.
    public let commandsPerMinute: Int
    /// Maximum number of units of one listing that a buyer may have, or `nil` for no limit.
    public let unitsPerBuyer: Int?
    /// Maximum number of searches from one address in a minute.
    public let searchesPerMinute: Int
    /// Maximum number of session renewals from one address in a minute.
    public let renewalsPerMinute: Int
    /// The currency of a listing that is created without a currency.
    public let defaultCurrency: Currency
    /// The origin of the checkout pages, without a trailing slash. Buyers are redirected only to this origin.
    public let checkoutOrigin: String
    /// Maximum number of open connections. Further connections wait in the system's queue.
    public let connectionLimit: Int
    /// Maximum number of open connections of one address. Further connections are refused. It does not apply behind a
    /// trusted proxy.
    public let connectionsPerAddress: Int
    /// The time for which the process continues to serve after it was asked to stop, so that the host can stop sending
    /// requests.
    public let drain: Duration
    /// The URL for reports of vulnerabilities. If it is `nil`, there is no `/.well-known/security.txt`.
    public let securityContact: String?
    /// Maximum number of open event streams. Further streams are refused.
    public let streamLimit: Int
    /// Maximum number of open event streams of one address. Further streams are refused.
    public let streamsPerAddress: Int

    init(_ reader: SettingsReader, process: ProcessSettings) throws(SettingsError) {
        let isProduction = process.environment == .production
        host = reader.text(.host) ?? Self.defaultHost(in: process.environment)
        port = try reader.integer(.port, default: Self.defaultPort, in: 0...65535)
        publicURL = try reader.publicURL(process: process, port: port)
        signingSecrets = try reader.signingSecrets()
        accessTokenLife = try reader.seconds(
            .accessTokenSeconds, default: Self.defaultAccessTokenSeconds, in: 1...86_400)
        commandWait = try reader.seconds(.commandWaitSeconds, default: Self.defaultCommandWaitSeconds, in: 1...25)
        shedBacklog = try reader.integer(.shedBacklog, default: Self.defaultShedBacklog, in: 1...10_000_000)
        shedAge = try reader.seconds(.shedAgeSeconds, default: Self.defaultShedAgeSeconds, in: 1...3_600)
        stripeWebhookSecrets = try reader.secrets(.stripeWebhookSecret, minimumLength: 8)
        trustedProxies = try reader.integer(.trustedProxies, default: Self.defaultTrustedProxies, in: 0...10)
        signUpsPerMinute = try reader.integer(
            .signUpsPerMinute, default: Self.defaultSignUpsPerMinute, in: 1...1_000_000)
        signInsPerMinute = try reader.integer(
            .signInsPerMinute, default: Self.defaultSignInsPerMinute, in: 1...1_000_000)
        accountSignInsPerMinute = try reader.integer(
            .accountSignInsPerMinute, default: Self.defaultAccountSignInsPerMinute, in: 1...1_000_000)
        commandsPerMinute = try reader.integer(
            .commandsPerMinute, default: Self.defaultCommandsPerMinute, in: 1...1_000_000)
        unitsPerBuyer = try reader.unitsPerBuyer()
        searchesPerMinute = try reader.integer(
            .searchesPerMinute, default: Self.defaultSearchesPerMinute, in: 1...1_000_000_000)
        renewalsPerMinute = try reader.integer(
            .renewalsPerMinute, default: Self.defaultRenewalsPerMinute, in: 1...1_000_000_000)
        let currency = reader.text(.defaultCurrency) ?? Self.fallbackCurrency.rawValue
        guard let known = Currency(rawValue: currency) else {
            throw .wrong(.defaultCurrency, currency, "give one of \(Currency.all.joined(separator: ", "))")
        }
        defaultCurrency = known
        let stripe = try reader.text(.stripeAPIBase).map { value throws(SettingsError) in
            try reader.origin(.stripeAPIBase, value)
        }
        let usesStripe = stripe == nil || stripe == StripeSettings.defaultAPIBase
        let defaultOrigin = usesStripe ? Self.defaultCheckoutOrigin : stripe
        checkoutOrigin = try reader.origin(.checkoutOrigin, reader.text(.checkoutOrigin) ?? defaultOrigin ?? "")
        connectionLimit = try reader.integer(.connectionLimit, default: Self.defaultConnectionLimit, in: 4...1_000_000)
        connectionsPerAddress = try reader.integer(
            .connectionsPerAddress, default: isProduction ? max(1, connectionLimit / 8) : connectionLimit,
            in: 1...1_000_000)
        drain = try reader.seconds(
            .drainSeconds, default: Self.defaultDrainSeconds(in: process.environment), in: 0...10)
        securityContact = reader.text(.securityContact)
        if let securityContact, !Self.isContact(securityContact) {
            throw .wrong(.securityContact, securityContact, "give a URL: mailto:security@gittix.example, or https://…")
        }
        // By default, a quarter of the connections is kept for requests.
        streamLimit = try reader.integer(.streamLimit, default: connectionLimit * 3 / 4, in: 1...connectionLimit)
        streamsPerAddress = try reader.integer(
            .streamsPerAddress, default: Self.defaultStreamsPerAddress, in: 1...1_000_000)
    }

    /// True for a `mailto`, `https` or `tel` URL without spaces.
    private static func isContact(_ text: String) -> Bool {
        ["mailto:", "https://", "tel:"].contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

extension SettingsReader {
    /// Reads the maximum number of units of one listing that a buyer may have.
    package func unitsPerBuyer() throws(SettingsError) -> Int? {
        try limit(.unitsPerBuyer, default: HoldLimits.defaultUnitsOfListing, upTo: 1000)
    }

    /// Reads the origin that browsers use. In development it defaults to localhost.
    func publicURL(process: ProcessSettings, port: Int) throws(SettingsError) -> String {
        if process.environment == .development, text(.publicURL) == nil { return "http://localhost:\(port)" }
        let value = try required(.publicURL)
        let url = try origin(.publicURL, value)
        let isLoopback = ["//localhost", "//127.0.0.1", "//[::1]"].contains { host in
            url.hasSuffix(host) || url.contains(host + ":")
        }
        // With plain HTTP, cookies could be read on the network.
        guard url.hasPrefix("https://") || isLoopback || process.environment == .development else {
            throw .wrong(.publicURL, value, "give an https:// URL; http:// is allowed only for the loopback interface")
        }
        return url
    }
}
