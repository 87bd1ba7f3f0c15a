package import PostgresClient

extension PostgresError {
    /// True if the transaction lost a race and can be run again.
    package var isClash: Bool { (isRetryable && !isUnavailable) || isUniqueViolation }
}

extension Error {
    /// True if a server is unavailable or the work was cancelled: no message caused it, and none can be handled.
    package var isOutage: Bool {
        switch self {
        case is CancellationError: true
        case let error as PostgresError:
            switch error.kind {
            case .cancelled, .closed, .refusedServer: true
            // Class 58: a system error of the server, such as a full disk.
            default: error.isUnavailable || error.sqlState?.hasPrefix("58") == true
            }
        default: false
        }
    }

    /// True if it took too long or lost every race. The message may be fine, and others need not wait for it.
    package var isDelay: Bool {
        guard let error = self as? PostgresError else { return false }
        return error.isTimeout || (error.isRetryable && !error.isUnavailable)
    }
}
