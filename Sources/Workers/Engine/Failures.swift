import PostgresClient

extension PostgresError {
    /// A race was lost that can be run again.
    var isClash: Bool { (isRetryable && !isUnavailable) || isUniqueViolation }
}

extension Error {
    /// Something that is needed is away, or the work was called off: no message is to blame.
    var isNobodysFault: Bool {
        switch self {
        case is CancellationError: true
        case let error as PostgresError: error.isUnavailable || error.kind == .cancelled || error.kind == .closed
        default: false
        }
    }
}
