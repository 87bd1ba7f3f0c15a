import PostgresClient
import RedisClient

/// Distinguishes temporary failures of Redis and PostgreSQL from errors of this program.
enum Unavailability {
    static func isCause(of error: any Error) -> Bool {
        switch error {
        case let error as RedisError: error.isUnavailable
        case let error as PostgresError: error.isUnavailable || error.isRetryable || error.isTimeout
        default: false
        }
    }
}
