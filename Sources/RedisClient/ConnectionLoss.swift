import NIOSSL

/// The reason why a connection, or an attempt to connect, ended.
enum ConnectionLoss {
    case closedByServer
    case failed(any Error)
    case protocolViolation(String)
    case unresponsive
    /// A blocking request was cancelled or timed out. Only closing the connection makes the server drop the request.
    case blockingRequestAbandoned
    case connectTimedOut
    case unavailable(String)
    case refused(String)

    var cause: String {
        switch self {
        case .closedByServer: "the server closed the connection"
        case .failed(let error): String(describing: error)
        case .protocolViolation(let reason): "the server sent data that is not RESP2: \(reason)"
        case .unresponsive: "the server did not answer the oldest request in time"
        case .blockingRequestAbandoned: "a blocking request on the same connection was cancelled or timed out"
        case .connectTimedOut: "the attempt to connect timed out"
        case .unavailable(let reason), .refused(let reason): reason
        }
    }

    /// True if every attempt to connect fails until a setting is changed.
    var isRefusal: Bool {
        switch self {
        case .refused: true
        case .failed(let error): error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError
        case .closedByServer, .protocolViolation, .unresponsive, .blockingRequestAbandoned, .connectTimedOut,
            .unavailable:
            false
        }
    }

    /// The error of a request that was in flight.
    func error(_ delivery: RedisDelivery, during operation: String) -> RedisError {
        switch self {
        case .protocolViolation(let reason): .protocolViolation(during: operation, reason: reason)
        case .closedByServer, .failed, .unresponsive, .blockingRequestAbandoned, .connectTimedOut, .unavailable,
            .refused:
            .disconnected(delivery, during: operation, cause: cause)
        }
    }
}
