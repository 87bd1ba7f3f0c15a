/// Whether a request that got no answer may have taken effect.
public enum RedisDelivery: Sendable, Hashable {
    /// Not a byte of it was handed to the connection: it had no effect.
    case notSent
    /// It was handed to the connection: the server may or may not have run it.
    case maybeSent
}

/// Why a request has no answer. `during` names the commands, never their arguments.
public enum RedisError: Error, Sendable, Hashable {
    /// The server ran the command and refused it.
    case server(RedisReplyError, during: String)
    /// No answer within the request's time.
    case timeout(RedisDelivery, during: String)
    /// The connection died, or none could be made.
    case disconnected(RedisDelivery, during: String, cause: String)
    /// The server took the connection but refused to serve it: wrong password, no such database, no TLS trust.
    case refused(during: String, reason: String)
    /// The server sent what is not RESP2, or an answer that nobody asked for.
    case protocolViolation(during: String, reason: String)
    /// As many requests or bytes are waiting as the client allows.
    case overloaded(during: String)
    /// The task that waited was cancelled.
    case cancelled(RedisDelivery, during: String)
    /// The client was closed.
    case closed(RedisDelivery, during: String)
}

extension RedisError {
    /// What the server answered, if it is the server that refused.
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

    /// Whether Redis is away (as opposed to: it answered, or this side gave up).
    public var isUnavailable: Bool {
        switch self {
        case .timeout, .disconnected, .refused, .protocolViolation, .overloaded: true
        // A replica, a server that loads its data, or one that is out of memory will serve again.
        case .server(let error, _):
            ["LOADING", "MASTERDOWN", "READONLY", "OOM", "TRYAGAIN", "CLUSTERDOWN", "BUSY"].contains(error.code)
        case .cancelled, .closed: false
        }
    }
}

extension RedisError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .server(let error, let work): "Redis refused \(work): \(error)"
        case .timeout(let delivery, let work): "Redis did not answer \(work) in time (\(delivery.phrase))"
        case .disconnected(let delivery, let work, let cause):
            "no connection for \(work) (\(delivery.phrase)): \(cause)"
        case .refused(let work, let reason): "Redis does not let us in, so \(work) was not sent: \(reason)"
        case .protocolViolation(let work, let reason): "Redis answered \(work) with what is not RESP2: \(reason)"
        case .overloaded(let work): "too many requests wait for Redis, so \(work) was not sent"
        case .cancelled(let delivery, let work): "\(work) was cancelled (\(delivery.phrase))"
        case .closed(let delivery, let work): "the client was closed during \(work) (\(delivery.phrase))"
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
