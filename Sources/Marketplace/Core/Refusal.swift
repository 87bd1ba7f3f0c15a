/// A "no" that a user can cause: a value, stored and replayed like any other reply.
public struct Refusal: Error, Hashable, Sendable, Codable {
    public enum Code: String, Sendable, Codable, CaseIterable {
        /// 400: the input can't be right.
        case invalid
        /// 400: wrong e-mail or password, which is not told.
        case wrongCredentials
        /// 401: the session is over.
        case signedOut
        /// 403: not yours to do.
        case forbidden
        /// 403: the account is banned.
        case banned
        /// 404: there is none.
        case notFound
        /// 409: e-mail in use, sold out, price changed, wrong state.
        case conflict
        case emailTaken
        case soldOut
        case priceChanged
        case withdrawn
        /// 409: the event has begun.
        case eventPast
        case notPayable
        case notCancellable
        case staleVersion
        /// 422: the Idempotency-Key was used with another request.
        case keyReused
    }

    public var code: Code
    /// A sentence that says what is wrong and what to do.
    public var message: String
    /// The field it is about, if it is about one.
    public var field: String?
    /// The price now, with `priceChanged`.
    public var price: Int64?

    public init(_ code: Code, _ message: String, field: String? = nil, price: Int64? = nil) {
        self.code = code
        self.message = message
        self.field = field
        self.price = price
    }
}
