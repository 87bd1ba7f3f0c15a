import Marketplace
import PostgresClient

extension UsersStore {
    static let defaultSecurityLogDays = 180
    /// The time for which an expired session is kept.
    private static let sessionRetention = Duration.seconds(86_400)

    /// Deletes sessions, including ended ones, some time after their expiry.
    func sessionDeletion(on pool: PostgresPool) -> RowPruning.Deletion {
        { now, limit in try await pruneSessions(expiredBefore: now - Self.sessionRetention, limit: limit, on: pool) }
    }

    /// Deletes a rotated refresh token when the maximum length of a session has passed since the rotation. Until then,
    /// a reuse of the token ends its session.
    func tokenDeletion(on pool: PostgresPool) -> RowPruning.Deletion {
        let retention = max(rules.memberSession.total, rules.adminSession.total)
        return { now, limit in try await pruneTokens(rotatedBefore: now - retention, limit: limit, on: pool) }
    }

    /// Deletes entries of the security log after a set time, because they contain people's addresses.
    func securityLogDeletion(after retention: Duration, on pool: PostgresPool) -> RowPruning.Deletion {
        { now, limit in try await pruneSecurityLog(before: now - retention, limit: limit, on: pool) }
    }
}
