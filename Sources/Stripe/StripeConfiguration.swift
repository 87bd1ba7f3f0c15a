/// Which Stripe to talk to, and as whom.
public struct StripeConfiguration: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// `sk_live_…` or `sk_test_…`. Never shown.
    public var secretKey: String
    /// Without a slash at its end. Another one than Stripe's is a stand-in for it.
    public var apiBase: String
    /// The version that requests and answers are written for: https://docs.stripe.com/api/versioning
    public var version: String
    public var connectTimeout: Duration
    /// Of one whole call. Stripe's own libraries wait 80 s; a worker would rather ask again with the same key.
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

    public var description: String { "Stripe at \(apiBase), version \(version), secret key not shown" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
