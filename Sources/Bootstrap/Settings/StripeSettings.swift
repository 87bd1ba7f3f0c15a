/// How the payments pool, and the operator, reach Stripe.
public struct StripeSettings: Sendable {
    public let secretKey: Secret
    /// No slash at its end.
    public let apiBase: String
    /// Where Stripe's page sends the buyer back to; no slash at its end.
    public let publicURL: String

    init(_ reader: SettingsReader, process: ProcessSettings) throws(SettingsError) {
        let key = try reader.required(.stripeSecretKey)
        guard key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw .wrong(.stripeSecretKey, key, "give the key as Stripe's dashboard shows it")
        }
        secretKey = Secret(key)
        apiBase = try reader.origin(.stripeAPIBase, reader.text(.stripeAPIBase) ?? "https://api.stripe.com")
        guard process.environment == .development || apiBase.hasPrefix("https://") else {
            throw .wrong(.stripeAPIBase, apiBase, "give an https URL; in development http will do")
        }
        publicURL = try reader.publicURL(process: process, port: reader.integer(.port, default: 8080, in: 0...65535))
    }
}
