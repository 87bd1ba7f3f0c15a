/// Why a webhook is not believed. Carries nothing of the header or the body.
public enum WebhookSignatureError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No `Stripe-Signature` header.
    case missingHeader
    /// The header is over its limit, or an item of it is not `name=value`.
    case malformedHeader
    /// No `t=` with a number, or more than one.
    case missingTimestamp
    /// No `v1=`.
    case missingSignature
    /// Every `v1=` was made with another secret, or over another body.
    case noMatch
    /// Signed longer ago than the tolerance.
    case tooOld(seconds: Int64)
    /// Signed later than now, by more than the tolerance.
    case inFuture(seconds: Int64)

    public var description: String {
        switch self {
        case .missingHeader: "the Stripe-Signature header is missing"
        case .malformedHeader: "the Stripe-Signature header is malformed"
        case .missingTimestamp: "the Stripe-Signature header has no single t=<seconds>"
        case .missingSignature: "the Stripe-Signature header has no v1= signature"
        case .noMatch: "no signature matches the body under the secrets set here"
        case .tooOld(let seconds): "signed \(seconds) s ago, which is over the tolerance: a replay, or a clock is off"
        case .inFuture(let seconds): "signed \(seconds) s ahead of now, which is over the tolerance: a clock is off"
        }
    }
}
