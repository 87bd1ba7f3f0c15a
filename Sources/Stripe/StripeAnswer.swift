import JSONCoding

/// A successful answer (2xx).
public struct StripeAnswer: Sendable, Equatable {
    /// `POST /v1/refunds`
    public var request: String
    public var status: Int
    /// JSON.
    public var body: [UInt8]
    /// Stripe's `Request-Id`.
    public var requestID: String?
    /// The key was used before, and this is what was answered then: the object may have changed since.
    public var isReplay: Bool

    /// Throws a retryable error where the answer is not such an object: it came from a proxy, or was cut.
    public func decode<Object: Decodable>(_ type: Object.Type = Object.self) throws(StripeError) -> Object {
        do {
            return try JSONBytes.decode(type, from: body)
        } catch {
            throw StripeError(
                kind: .retryable, request: request, status: status,
                body: StripeErrorBody(type: "unreadable_answer", message: "the answer is not a \(type)"),
                requestID: requestID, mayHaveTakenEffect: true)
        }
    }
}
