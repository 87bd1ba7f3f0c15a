import Stripe

/// The Stripe settings of the payments service and the operator.
public struct StripeSettings: Sendable {
    static let defaultAPIBase = StripeConfiguration.defaultBase

    public let secretKey: Secret
    /// The origin of Stripe's API, without a trailing slash.
    public let apiBase: String
    /// The origin to which Stripe's page sends the buyer back, without a trailing slash.
    public let publicURL: String

    public init(_ reader: SettingsReader) throws(SettingsError) {
        let process = try ProcessSettings(reader)
        let key = try reader.required(.stripeSecretKey)
        guard key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw .wrong(.stripeSecretKey, key, "copy the key from Stripe's dashboard")
        }
        secretKey = Secret(key)
        apiBase = try reader.origin(.stripeAPIBase, reader.text(.stripeAPIBase) ?? Self.defaultAPIBase)
        guard process.environment == .development || apiBase.hasPrefix("https://") else {
            throw .wrong(.stripeAPIBase, apiBase, "give an https URL (http is allowed in development only)")
        }
        publicURL = try reader.publicURL(
            process: process, port: reader.integer(.port, default: WebSettings.defaultPort, in: 0...65535))
    }
}
