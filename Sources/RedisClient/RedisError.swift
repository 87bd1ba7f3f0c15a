/// Whether a request without a reply may have taken effect.
public enum RedisDelivery: Sendable, Hashable {
    /// The request was not written to the connection, so it had no effect.
    case notSent
    /// The request was written to the connection. The server may or may not have run it.
    case maybeSent
}

/// The error of a request. `during` names the commands, never their arguments.
public enum RedisError: Error, Sendable, Hashable {
    /// The server replied with an error.
    case server(RedisReplyError, during: String)
    /// No reply arrived within the request's timeout.
    case timeout(RedisDelivery, during: String)
    /// The connection was lost, or could not be opened.
    case disconnected(RedisDelivery, during: String, cause: String)
    /// The connection is refused until a setting is changed: wrong password, missing database, untrusted certificate.
    case refused(during: String, reason: String)
    /// The server sent data that is not RESP2, or a reply without a request.
    case protocolViolation(during: String, reason: String)
    /// The client's limit of waiting commands or bytes is reached.
    case overloaded(during: String)
    /// The waiting task was cancelled.
    case cancelled(RedisDelivery, during: String)
    /// The client was closed.
    case closed(RedisDelivery, during: String)
}

extension RedisError {
    /// The server's error reply, if the server sent one.
    public var reply: RedisReplyError? {
        if case .server(let error, _) = self { error } else { nil }
    }

    /// Whether the server may have run the request.
    public var delivery: RedisDelivery {
        switch self {
        case .timeout(let delivery, _), .disconnected(let delivery, _, _), .cancelled(let delivery, _),
            .closed(let delivery, _):
            delivery
        case .refused, .overloaded: .notSent
        case .server, .protocolViolation: .maybeSent
        }
    }

    /// True if Redis is unavailable or overloaded. False for other error replies and for a cancelled or closed request.
    public var isUnavailable: Bool {
        switch self {
        case .timeout, .disconnected, .refused, .protocolViolation, .overloaded: true
        // Temporary states: loading data, being a replica, out of memory, running a long script.
        case .server(let error, _):
            ["LOADING", "MASTERDOWN", "READONLY", "OOM", "TRYAGAIN", "CLUSTERDOWN", "BUSY"].contains(error.code)
        case .cancelled, .closed: false
        }
    }
}

extension RedisError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .server(let error, let operation): "Redis refused \(operation): \(error)"
        case .timeout(let delivery, let operation): "Redis did not answer \(operation) in time (\(delivery.phrase))"
        case .disconnected(let delivery, let operation, let cause):
            "there is no Redis connection for \(operation) (\(delivery.phrase)): \(cause)"
        case .refused(let operation, let reason):
            "Redis refused the connection, so \(operation) was not sent: \(reason)"
        case .protocolViolation(let operation, let reason):
            "Redis answered \(operation) with data that is not RESP2: \(reason)"
        case .overloaded(let operation):
            "too many requests are waiting for Redis, so \(operation) was not sent; try again later"
        case .cancelled(let delivery, let operation): "\(operation) was cancelled (\(delivery.phrase))"
        case .closed(let delivery, let operation):
            "the Redis client was closed during \(operation) (\(delivery.phrase))"
        }
    }
}

extension RedisDelivery {
    fileprivate var phrase: String {
        switch self {
        case .notSent: "it was not sent"
        case .maybeSent: "it may have been sent"
        }
    }
}
