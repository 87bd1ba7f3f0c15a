import Crypto
import FoundationEssentials
public import Marketplace

/// Stripe's signature of a webhook: HMAC-SHA256 over `t.rawbody`.
///
/// https://docs.stripe.com/webhooks#verify-manually
public struct WebhookSignature: Sendable {
    public static let tolerance: Duration = .seconds(300)

    private static let maxHeaderBytes = 4096
    /// Stripe sends one signature for each active secret. Even during a secret rotation, there are only a few.
    private static let maxSignatures = 16

    private let seconds: Int64
    private let signatures: [Data]

    /// Reads the `Stripe-Signature` header, or `nil` if it is missing.
    public init(header: String?) throws(WebhookSignatureError) {
        guard let header else { throw .missingHeader }
        (seconds, signatures) = try Self.parse(header)
    }

    /// Throws unless one of the `v1` signatures matches the body and one of the secrets, and the timestamp is within
    /// the tolerance.
    ///
    /// - Parameters:
    ///   - body: The raw body, before any decoding.
    ///   - secrets: The endpoint's secrets, with their prefix `whsec_`.
    public func verify(
        body: some Sequence<UInt8>, secrets: [String], now: Timestamp, tolerance: Duration = Self.tolerance
    ) throws(WebhookSignatureError) {
        let signed = Data("\(seconds).".utf8) + Data(body)
        var isMatch = false
        for secret in secrets {
            // Computed once, because the body may be long.
            let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: Data(secret.utf8)))
            for signature in signatures {
                // The comparison takes constant time, and every pair is checked, so the timing reveals nothing.
                let isValid = code == signature
                isMatch = isMatch || isValid
            }
        }
        guard isMatch else { throw .noMatch }
        let (age, overflow) = now.seconds.subtractingReportingOverflow(seconds)
        let limit = tolerance.components.seconds
        guard !overflow else { throw seconds < 0 ? .tooOld(seconds: .max) : .inFuture(seconds: .max) }
        guard age <= limit else { throw .tooOld(seconds: age) }
        guard -age <= limit else { throw .inFuture(seconds: -age) }
    }

    private static func parse(_ header: String) throws(WebhookSignatureError) -> (Int64, [Data]) {
        guard header.utf8.count <= maxHeaderBytes else { throw .malformedHeader }
        var seconds: Int64?
        var signatures: [Data] = []
        for item in header.split(separator: ",") {
            let pair = item.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { throw .malformedHeader }
            switch pair[0] {
            case "t":
                guard seconds == nil, let number = Int64(pair[1]) else { throw .missingTimestamp }
                seconds = number
            case "v1":
                guard signatures.count < maxSignatures, let bytes = Data(hexadecimal: pair[1]) else {
                    throw .malformedHeader
                }
                signatures.append(bytes)
            default:
                // Signatures of other schemes are ignored (v0 is for test events).
                continue
            }
        }
        guard let seconds else { throw .missingTimestamp }
        guard !signatures.isEmpty else { throw .missingSignature }
        return (seconds, signatures)
    }
}

extension Data {
    fileprivate init?(hexadecimal text: Substring) {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Self.digit(digits[index]), let low = Self.digit(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        self.init(bytes)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
