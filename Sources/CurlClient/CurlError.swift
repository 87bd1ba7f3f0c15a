/// The failure of a request that got no complete response. Contains the method and the URL without its query, never a
/// header or body.
public struct CurlError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// The request is invalid and was not sent.
        case invalidRequest
        case resolve
        case connect
        case tls
        case timeout
        /// The response's head or body exceeds its limit.
        case tooLarge
        /// The calling task was cancelled.
        case cancelled
        /// The client was shut down.
        case shutDown
        /// The connection closed before the response was complete.
        case closed
        /// Any other `CURLcode`.
        case other(code: Int)
    }

    public var kind: Kind
    /// False only if it is certain that no byte of the request was sent. Then it is safe to send the request again.
    public var mayHaveBeenSent: Bool
    /// The method and the URL without its query, such as `POST https://api.stripe.com/v1/refunds`.
    public var request: String
    /// A message from libcurl or from this client.
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
