import Crypto
import FoundationEssentials

/// Signs webhooks like Stripe: https://docs.stripe.com/webhooks#verify-manually
enum WebhookSigner {
    /// Returns the `Stripe-Signature` header, with one `v1` for each secret.
    static func header(body: [UInt8], secrets: [String], at seconds: Int64) -> String {
        let signed = Array("\(seconds).".utf8) + body
        let signatures = secrets.map { secret in
            let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: Data(secret.utf8)))
            return ",v1=" + hexadecimal(code)
        }
        return "t=\(seconds)" + signatures.joined()
    }

    private static func hexadecimal(_ code: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: code.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
