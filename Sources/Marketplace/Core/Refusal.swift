/// A refusal that a user can cause: a value, stored and replayed like any other reply.
public struct Refusal: Error, Hashable, Sendable {
    /// The kind of a refusal. The raw values are part of the API.
    public enum Code: String, Sendable, Codable, CaseIterable {
        /// 400: the input is invalid in any state.
        case invalid
        /// 400: wrong e-mail address or password. The response does not say which.
        case wrongCredentials
        /// 400: the tickets of a listing can't all be sold by its split rule.
        case lotDoesNotSplit
        /// 400: the seats of a listing are not next to each other.
        case seatsNotTogether
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
        /// 409: fewer units are left than requested.
        case soldOut
        /// 409: the seller's split rule does not allow the quantity now.
        case quantityNotOffered
        /// 409: the free and held units of a listing do not fit its new split rule or quantity.
        case splitBusy
        /// 409: another listing offers a seat, or an order has it.
        case seatTaken
        /// 409: a seat was sold here, and only its buyer may list it.
        case seatNotYours
        /// 409: the buyer has too many unpaid orders.
        case tooManyHolds
        /// 409: the buyer would have too many units of the listing.
        case tooManyUnits
        /// 409: too many of the buyer's holds have ended unpaid, and a new one is possible later.
        case holdsLapsed
        /// 409: the seller has sold nothing yet, and would offer more than a new seller may.
        case newSellerLimit
        /// 409: the price is above what the law or the operator allows at the place.
        case priceAboveCap
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
        /// 422: the Idempotency-Key was used with a different request.
        case keyReused

        /// A code that this build does not know counts as a conflict: the refusal's message says what is wrong.
        public init(from decoder: any Decoder) throws {
            self = Code(rawValue: try decoder.singleValueContainer().decode(String.self)) ?? .conflict
        }
    }

    public var code: Code
    /// A text for the user: the reason, and what they can do.
    public var message: String
    /// The input field that the refusal is about, if there is one.
    public var field: String?
    /// The current price of one unit, with ``Code/priceChanged``.
    public var price: Int64?
    /// The time from which a new request may succeed, with ``Code/holdsLapsed``.
    public var retryAt: Timestamp?
    /// The quantities that can be ordered now, with ``Code/quantityNotOffered``.
    public var splits: [Int]?
    /// The limit that the price exceeds, with ``Code/priceAboveCap``.
    public var cap: PriceCap?

    public init(
        _ code: Code, _ message: String, field: String? = nil, price: Int64? = nil, retryAt: Timestamp? = nil,
        splits: [Int]? = nil
    ) {
        self.code = code
        self.message = message
        self.field = field
        self.price = price
        self.retryAt = retryAt
        self.splits = splits
    }
}

extension Refusal: Codable {
    private enum CodingKeys: CodingKey {
        case code, exactCode, message, field, price, retryAt, splits, cap
    }

    /// The codes that version 0.9 cannot decode. They are written as a conflict, and the exact code is written in a
    /// second member, which version 0.9 ignores.
    private static let newCodes: Set<Code> = [
        .lotDoesNotSplit, .quantityNotOffered, .splitBusy, .tooManyHolds, .tooManyUnits, .holdsLapsed, .newSellerLimit,
        .seatsNotTogether, .seatTaken, .seatNotYours, .priceAboveCap,
    ]

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        code =
            try container.decodeIfPresent(Code.self, forKey: .exactCode) ?? container.decode(Code.self, forKey: .code)
        message = try container.decode(String.self, forKey: .message)
        field = try container.decodeIfPresent(String.self, forKey: .field)
        price = try container.decodeIfPresent(Int64.self, forKey: .price)
        retryAt = try container.decodeIfPresent(Timestamp.self, forKey: .retryAt)
        splits = try container.decodeIfPresent([Int].self, forKey: .splits)
        cap = try container.decodeIfPresent(PriceCap.self, forKey: .cap)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let isNew = Self.newCodes.contains(code)
        try container.encode(isNew ? .conflict : code, forKey: .code)
        if isNew { try container.encode(code, forKey: .exactCode) }
        try container.encode(message, forKey: .message)
        try container.encodeIfPresent(field, forKey: .field)
        try container.encodeIfPresent(price, forKey: .price)
        try container.encodeIfPresent(retryAt, forKey: .retryAt)
        try container.encodeIfPresent(splits, forKey: .splits)
        try container.encodeIfPresent(cap, forKey: .cap)
    }
}

extension Refusal {
    /// Another request has used the same Idempotency-Key.
    public static let keyReused = Refusal(
        .keyReused, "This Idempotency-Key was used with a different request. Use a new key for a new request.")
}
