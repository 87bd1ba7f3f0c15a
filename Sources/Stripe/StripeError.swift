import CurlClient

/// A call that Stripe did not answer with what was asked for.
public struct StripeError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        /// Send the same request with the same key again, later: 409, 429, 5xx, or no answer at all.
        case retryable
        /// The card was refused (402). The same request will not do better.
        case declined
        /// Stripe refuses the request as it stands. What it was to change is found by fetching the object.
        case invalid
        /// The key is wrong, revoked, or may not do this.
        case authentication
    }

    public var kind: Kind
    /// For example `POST /v1/refunds`.
    public var request: String
    /// Nil where there was no answer.
    public var status: Int?
    public var body: StripeErrorBody
    /// Stripe's `Request-Id`, which its support asks for.
    public var requestID: String?
    /// Stripe asks to wait so long.
    public var retryAfter: Duration?
    /// False only when it is certain that Stripe saw nothing of it.
    public var mayHaveTakenEffect: Bool

    public var code: String? { body.code }

    /// No such object: wrong id, or one of another mode or account.
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
        var words = ["\(request): \(kind.rawValue)"]
        if let status { words.append("status \(status)") }
        if let type = body.type { words.append(type) }
        if let code = body.code { words.append(code) }
        if let declineCode = body.declineCode { words.append(declineCode) }
        if let parameter = body.parameter { words.append("parameter \(parameter)") }
        if let message = body.message { words.append(message) }
        if let requestID { words.append(requestID) }
        return words.joined(separator: ", ")
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
        // Stripe's own libraries wait on 429 alone for a rate limit; some old answers carry only the type.
        case _ where type == "rate_limit_error" || type == "api_error": .retryable
        default: .invalid
        }
    }
}
