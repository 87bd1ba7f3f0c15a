import NIOSSL

/// Why a connection, or an attempt at one, is over.
enum ConnectionLoss {
    /// The other end closed it.
    case ended
    case failed(any Error)
    case violation(String)
    case unanswered
    /// This side gave up a blocking request, which only closing undoes.
    case givenUp
    case attemptTimedOut
    case unavailable(String)
    case refused(String)

    var cause: String {
        switch self {
        case .ended: "the server closed the connection"
        case .failed(let error): String(describing: error)
        case .violation(let reason): "what came was not RESP2: \(reason)"
        case .unanswered: "the server left a request unanswered for too long"
        case .givenUp: "a blocking request on the same connection was given up"
        case .attemptTimedOut: "connecting took too long"
        case .unavailable(let reason), .refused(let reason): reason
        }
    }

    /// Whether another attempt is of no use until a setting changes.
    var isRefusal: Bool {
        switch self {
        case .refused: true
        case .failed(let error): error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError
        case .ended, .violation, .unanswered, .givenUp, .attemptTimedOut, .unavailable: false
        }
    }

    /// What a request hears whose connection this ended.
    func error(_ delivery: RedisDelivery, during work: String) -> RedisError {
        switch self {
        case .violation(let reason): .protocolViolation(during: work, reason: reason)
        case .ended, .failed, .unanswered, .givenUp, .attemptTimedOut, .unavailable, .refused:
            .disconnected(delivery, during: work, cause: cause)
        }
    }
}
