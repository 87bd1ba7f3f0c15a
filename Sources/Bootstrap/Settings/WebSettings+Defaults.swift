import Marketplace

// The defaults of the API's settings.
extension WebSettings {
    static let defaultPort = 8080
    static let defaultAccessTokenSeconds = 900
    static let defaultCommandWaitSeconds = 10
    static let defaultShedBacklog = 5_000
    static let defaultShedAgeSeconds = 10
    static let defaultTrustedProxies = 0
    static let defaultSignUpsPerMinute = 30
    static let defaultSignInsPerMinute = 60
    static let defaultAccountSignInsPerMinute = 10
    static let defaultCommandsPerMinute = 60
    static let defaultSearchesPerMinute = 600
    static let defaultRenewalsPerMinute = 600
    static let defaultConnectionLimit = 8_000
    static let defaultStreamsPerAddress = 200
    /// The currency of new listings if `DEFAULT_CURRENCY` is not set.
    static let fallbackCurrency = Currency.usd
    static let defaultCheckoutOrigin = "https://checkout.stripe.com"

    static func defaultHost(in environment: ProcessSettings.Environment) -> String {
        environment == .production ? "0.0.0.0" : "127.0.0.1"
    }

    static func defaultDrainSeconds(in environment: ProcessSettings.Environment) -> Int {
        environment == .production ? 5 : 0
    }
}
