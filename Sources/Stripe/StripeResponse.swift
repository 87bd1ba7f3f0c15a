import JSONCoding

/// A successful response (2xx).
public struct StripeResponse: Sendable, Equatable {
    /// For example `POST /v1/refunds`.
    public var request: String
    public var status: Int
    /// The JSON body.
    public var body: [UInt8]
    /// Stripe's `Request-Id`.
    public var requestID: String?
    /// True if Stripe replays the response of an earlier request with the same key. The object may have changed since.
    public var isReplay: Bool

    /// Decodes the body. Throws a retryable error if the body does not have this type: a proxy may have sent it, or it
    /// was truncated.
    public func decode<Object: Decodable>(_ type: Object.Type = Object.self) throws(StripeError) -> Object {
        do {
            return try JSONBytes.decode(type, from: body)
        } catch {
            throw StripeError(
                kind: .retryable, request: request, status: status,
                body: StripeErrorBody(type: "unreadable_response", message: "the response body is not a \(type)"),
                requestID: requestID, mayHaveTakenEffect: true)
        }
    }
}
