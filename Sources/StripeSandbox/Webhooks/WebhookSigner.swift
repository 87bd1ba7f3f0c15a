import Crypto
import FoundationEssentials

/// https://docs.stripe.com/webhooks#verify-manually
enum WebhookSigner {
    /// The `Stripe-Signature` header: one `v1` for each secret.
    static func header(body: String, secrets: [String], at seconds: Int64) -> String {
        let signed = Data("\(seconds).\(body)".utf8)
        let signatures = secrets.map { secret in
            let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: Data(secret.utf8)))
            return ",v1=" + code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        return "t=\(seconds)" + signatures.joined()
    }
}
