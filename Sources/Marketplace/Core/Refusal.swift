/// A refusal that a user can cause: a value, stored and replayed like any other reply.
public struct Refusal: Error, Hashable, Sendable, Codable {
    /// The kind of a refusal. The raw values are part of the API.
    public enum Code: String, Sendable, Codable, CaseIterable {
        /// 400: the input is never valid.
        case invalid
        /// 400: wrong e-mail address or password. The response does not say which.
        case wrongCredentials
        /// 401: the session has ended.
        case signedOut
        /// 403: the actor may not do this.
        case forbidden
        /// 403: the account is banned.
        case banned
        /// 404: the thing does not exist.
        case notFound
        /// 409: the state does not allow this.
        case conflict
        /// 409: another account has the e-mail address.
        case emailTaken
        /// 409: fewer units are left than asked for.
        case soldOut
        /// 409: the buyer has too many unpaid orders.
        case tooManyHolds
        /// 409: the buyer would have too many units of the listing.
        case tooManyUnits
        /// 409: too many of the buyer's holds have ended unpaid, and a new one is possible later.
        case holdsLapsed
        /// 409: the price is not the one that the buyer saw.
        case priceChanged
        /// 409: the seller has withdrawn the listing.
        case withdrawn
        /// 409: the show has started.
        case showStarted = "eventPast"
        /// 409: the order cannot be paid in its state.
        case notPayable
        /// 409: the order cannot be cancelled in its state.
        case notCancellable
        /// 412: the version is not the one that the sender expects.
        case staleVersion
        /// 422: the Idempotency-Key was used with another request.
        case keyReused

        /// A code that this build does not know counts as a conflict: the refusal's message says what is wrong.
        public init(from decoder: any Decoder) throws {
            self = Code(rawValue: try decoder.singleValueContainer().decode(String.self)) ?? .conflict
        }
    }

    public var code: Code
    /// A sentence that says what is wrong and what to do.
    public var message: String
    /// The input field that the refusal is about, if there is one.
    public var field: String?
    /// The current price of one unit, with ``Code/priceChanged``.
    public var price: Int64?
    /// The time from which a new request may succeed, with ``Code/holdsLapsed``.
    public var retryAt: Timestamp?

    public init(
        _ code: Code, _ message: String, field: String? = nil, price: Int64? = nil, retryAt: Timestamp? = nil
    ) {
        self.code = code
        self.message = message
        self.field = field
        self.price = price
        self.retryAt = retryAt
    }
}

extension Refusal {
    /// Another request has used the same Idempotency-Key.
    public static let keyReused = Refusal(
        .keyReused, "This Idempotency-Key was used with another request. Use a new key for a new request.")
}
