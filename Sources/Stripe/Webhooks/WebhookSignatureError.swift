/// The reason why a webhook signature is invalid. It contains no part of the header or body.
public enum WebhookSignatureError: Error, Sendable, Equatable, CustomStringConvertible {
    /// There is no `Stripe-Signature` header.
    case missingHeader
    /// The header exceeds a limit, an item is not `name=value`, or a `v1=` is not hexadecimal.
    case malformedHeader
    /// The header has no numeric `t=`, or more than one `t=`.
    case missingTimestamp
    /// The header has no `v1=`.
    case missingSignature
    /// No `v1=` matches the body and one of the secrets.
    case noMatch
    /// The signature is older than the tolerance.
    case tooOld(seconds: Int64)
    /// The signature's time is in the future by more than the tolerance.
    case inFuture(seconds: Int64)

    public var description: String {
        switch self {
        case .missingHeader: "the Stripe-Signature header is missing"
        case .malformedHeader: "the Stripe-Signature header is malformed"
        case .missingTimestamp: "the Stripe-Signature header must have exactly one t=<seconds>"
        case .missingSignature: "the Stripe-Signature header has no v1= signature"
        case .noMatch: "no signature matches the body with the configured secrets"
        case .tooOld(let seconds): "signed \(seconds) s ago, over the tolerance: a replay, or a clock is wrong"
        case .inFuture(let seconds): "signed \(seconds) s in the future, over the tolerance: a clock is wrong"
        }
    }
}
