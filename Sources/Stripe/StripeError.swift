import CurlClient

/// A failed request to Stripe's API.
public struct StripeError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        /// Retry later with the same idempotency key: 409, 429, 5xx, or no response.
        case retryable
        /// The card was declined (402). Repeating the request does not help.
        case declined
        /// Stripe rejects the request. Fetch the object to see its current state.
        case invalid
        /// The API key is invalid, revoked, or lacks permission.
        case authentication
    }

    public var kind: Kind
    /// For example `POST /v1/refunds`.
    public var request: String
    /// `nil` if there was no response.
    public var status: Int?
    public var body: StripeErrorBody
    /// Stripe's `Request-Id`, which Stripe's support asks for.
    public var requestID: String?
    /// Stripe's `Retry-After`.
    public var retryAfter: Duration?
    /// False only if it is certain that the request had no effect at Stripe.
    public var mayHaveTakenEffect: Bool

    public var code: String? { body.code }

    /// True if the object does not exist: the id is wrong, or belongs to another mode or account.
    public var isMissing: Bool { status == 404 || code == "resource_missing" }

    public init(
        kind: Kind, request: String, status: Int? = nil, body: StripeErrorBody = StripeErrorBody(),
        requestID: String? = nil, retryAfter: Duration? = nil, mayHaveTakenEffect: Bool
    ) {
        self.kind = kind
        self.request = request
        self.status = status
        self.body = body
        self.requestID = requestID
        self.retryAfter = retryAfter
        self.mayHaveTakenEffect = mayHaveTakenEffect
    }

    public var description: String {
        var parts = ["\(request): \(kind.rawValue)"]
        if let status { parts.append("status \(status)") }
        if let type = body.type { parts.append(type) }
        if let code = body.code { parts.append(code) }
        if let declineCode = body.declineCode { parts.append(declineCode) }
        if let parameter = body.parameter { parts.append("parameter \(parameter)") }
        if let message = body.message { parts.append(message) }
        if let requestID { parts.append(requestID) }
        return Self.shortened(parts.joined(separator: ", "))
    }

    /// Shortens the ids of checkout sessions: anyone with a complete id can read the buyer's address on Stripe's page.
    static func shortened(_ text: String) -> String {
        text.replacing(/(cs_(?:test|live)_[A-Za-z0-9]{4})[A-Za-z0-9]+/) { "\($0.output.1)…" }
    }
}

extension StripeError {
    init(_ error: CurlError, request: String) {
        self.init(
            kind: error.kind == .invalidRequest ? .invalid : .retryable, request: request,
            body: StripeErrorBody(type: "connection_error", message: error.description),
            mayHaveTakenEffect: error.mayHaveBeenSent)
    }

    /// https://docs.stripe.com/api/errors, "HTTP status code summary"
    static func kind(status: Int, type: String?) -> Kind {
        switch status {
        case 401, 403: .authentication
        case 402: .declined
        case 409, 429, 500...: .retryable
        // Stripe's libraries detect a rate limit only by 429, but some old responses have only the type.
        case _ where type == "rate_limit_error" || type == "api_error": .retryable
        default: .invalid
        }
    }
}
