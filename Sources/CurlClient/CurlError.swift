/// Why a request has no answer. It names the method and the URL without its query, and never a header or a body.
public struct CurlError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// The request breaks a rule of this client and was not tried.
        case invalidRequest
        case resolve
        case connect
        case tls
        case timeout
        /// The answer's head or body is over its limit.
        case tooLarge
        /// The task that waited was cancelled.
        case cancelled
        /// The client was shut down.
        case shutDown
        /// The connection ended before the answer did.
        case closed
        /// Any other `CURLcode`.
        case other(code: Int)
    }

    public var kind: Kind
    /// False only when it is certain that no byte of the request left: then it may be sent again without a thought.
    public var mayHaveBeenSent: Bool
    /// For example `POST https://api.stripe.com/v1/refunds`.
    public var request: String
    /// libcurl's words for it, or this client's.
    public var reason: String

    public init(kind: Kind, mayHaveBeenSent: Bool, request: String, reason: String) {
        self.kind = kind
        self.mayHaveBeenSent = mayHaveBeenSent
        self.request = request
        self.reason = reason
    }

    public var description: String {
        "\(request): \(reason) (\(mayHaveBeenSent ? "the request may have been sent" : "the request was not sent"))"
    }
}
