import PostgresClient
import RedisClient

/// Tells the failures that pass when Redis or PostgreSQL is back from those that are ours.
enum Unavailability {
    static func isCause(_ error: any Error) -> Bool {
        switch error {
        case let error as RedisError: error.isUnavailable
        case let error as PostgresError: error.isUnavailable || error.isRetryable || error.isTimeout
        default: false
        }
    }
}
