import PostgresClient

extension PostgresError {
    /// A race was lost that can be run again.
    var isClash: Bool { (isRetryable && !isUnavailable) || isUniqueViolation }
}

extension Error {
    /// Something that is needed is away, or the work was called off: no message is to blame, and none can be handled.
    var isOutage: Bool {
        switch self {
        case is CancellationError: true
        case let error as PostgresError:
            switch error.kind {
            case .cancelled, .closed, .refusedServer: true
            // Class 58: the server's own system failed it, such as its disk.
            default: error.isUnavailable || error.sqlState?.hasPrefix("58") == true
            }
        default: false
        }
    }

    /// It took too long, or lost every race: the message may be fine, and others need not wait for it.
    var isDelay: Bool {
        guard let error = self as? PostgresError else { return false }
        return error.isTimeout || (error.isRetryable && !error.isUnavailable)
    }
}
