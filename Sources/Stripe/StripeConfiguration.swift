/// The address, credentials and timeouts for Stripe's API.
public struct StripeConfiguration: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// `sk_live_…` or `sk_test_…`. Descriptions and mirrors omit it.
    public var secretKey: String
    /// The base URL without a trailing slash. Any URL other than Stripe's is a sandbox.
    public var apiBase: String
    /// The API version of requests and responses: https://docs.stripe.com/api/versioning
    public var version: String
    public var connectTimeout: Duration
    /// Limit for one call. Stripe's libraries wait 80 s, but a worker retries sooner with the same idempotency key.
    public var timeout: Duration

    public static let defaultBase = "https://api.stripe.com"
    public static let pinnedVersion = "2024-06-20"

    public init(
        secretKey: String, apiBase: String = Self.defaultBase, version: String = Self.pinnedVersion,
        connectTimeout: Duration = .seconds(5), timeout: Duration = .seconds(25)
    ) {
        self.secretKey = secretKey
        self.apiBase = apiBase.hasSuffix("/") ? String(apiBase.dropLast()) : apiBase
        self.version = version
        self.connectTimeout = connectTimeout
        self.timeout = timeout
    }

    public var description: String { "Stripe at \(apiBase), version \(version), secret key hidden" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
